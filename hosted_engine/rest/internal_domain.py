"""Whose the passwords of the internal domain are. Each costs a fraction of a second and much memory to check."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from hosted_engine.engine.loop import Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.account_changes import password_set
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.domains import domain_id
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.password_policy import Hindrance, check_password, hindrance, policy_of
from hosted_engine.passwords import hash_password, is_outdated, matches


@dataclass(frozen=True, slots=True)
class Standing:
    """An account, and what keeps it out although its password is right."""

    account: Account
    hindrance: Hindrance | None


class InternalDomain:
    """`clock` answers seconds since the epoch."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], float]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._nobody = ""

    async def find(self, principal: str, domain: str) -> Standing | None:
        identity, now = domain_id(domain), self._clock()

        def find(tx: Transaction) -> Standing | None:
            for account in tx.of(Account).list(name=principal, domain_id=identity):
                return Standing(account, hindrance(account, policy_of(tx, identity), now))
            return None

        return await self._store.read(find)

    async def verify(self, account: Account | None, password: str) -> Account | None:
        """The account as it is now, None where the password is wrong; who is nobody takes as long."""
        stored = (account.password_hash if account else "") or await self._nobodys_hash()
        right = await asyncio.to_thread(matches, password, stored)
        if not right or account is None or stored != account.password_hash:
            return None
        return await self._rehashed(account, password) if is_outdated(stored) else account

    async def change_password(self, account: Account, new: str, caller: Caller) -> None:
        """Raises BadValue where the policy does not take it."""
        policy = await self._store.read(lambda tx: policy_of(tx, account.domain_id))
        await asyncio.to_thread(check_password, new, account, policy, matches)
        hashed = await asyncio.to_thread(hash_password, new)
        now = self._clock()
        await self._writer.write(lambda tx: password_set(tx, account, hashed, caller=caller, now=now))

    async def _rehashed(self, account: Account, password: str) -> Account:
        """With a hash of today, unless the account was changed meanwhile."""
        anew = replace(account, password_hash=await asyncio.to_thread(hash_password, password))

        def write(tx: Transaction) -> Account:
            if tx.of(Account).get(account.id) != account:
                return account
            tx.of(Account).update(anew)
            return anew

        return await self._writer.write(write)

    async def _nobodys_hash(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_hex(16))
        return self._nobody
