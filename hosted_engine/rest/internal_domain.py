"""Whose the passwords of the internal domain are. Each costs a fraction of a second and much memory to check."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from hosted_engine.engine.loop import Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.account_changes import password_set
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import domain_id
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.password_policy import Hindrance, check_password, hindrance, policy_of
from hosted_engine.passwords import hash_password, is_outdated, matches
from hosted_engine.rest.candidates import Outcome, Person


@dataclass(frozen=True, slots=True)
class InternalCandidate:
    domain: "InternalDomain"
    login: str
    account: Account | None
    hindrance: Hindrance | None = None

    @property
    def stamp(self) -> object:
        return self.account if self.hindrance is None else None

    @property
    def turn(self) -> str:
        """One at a time takes memory and a whole processor; names that nobody has wait for each other, not users."""
        return "users" if self.account else "nobody"

    async def verify(self, password: str) -> Outcome:
        account = await self.domain.verify(self.account, password)
        if account is None:
            return Outcome(exists=self.account is not None)
        return Outcome(
            Person(entry_of(account)),
            exists=True,
            hindrance=self.hindrance.value if self.hindrance else "",
            expired=self.hindrance is Hindrance.PASSWORD_EXPIRED,
            stamp=account,
        )


class InternalDomain:
    """`clock` answers seconds since the epoch."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], float]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._nobody = ""

    def find(self, tx: Transaction, login: str, principal: str, domain: str) -> InternalCandidate:
        identity = domain_id(domain)
        for account in tx.of(Account).list(name=principal, domain_id=identity):
            why = hindrance(account, policy_of(tx, identity), self._clock())
            return InternalCandidate(self, login, account, why)
        return InternalCandidate(self, login, None)

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
