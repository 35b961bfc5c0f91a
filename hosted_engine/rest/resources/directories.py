"""Users and groups of domains that a directory keeps: asked for there, and shown as those of the internal one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.declaration import Entity, View
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.search.parse import parse
from hosted_engine.engine.users.accounts import Account, AccountGroup
from hosted_engine.engine.users.directories import DirectorySettings, settings_of
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domain_entities import ACCOUNT_GROUPS, ACCOUNTS
from hosted_engine.engine.users.domains import Domain
from hosted_engine.rest.call import Answer, Call, Handler, Handlers
from hosted_engine.rest.entities import search
from hosted_engine.rest.entities.showing import show
from hosted_engine.rest.media.wire import Wire


@dataclass(frozen=True, slots=True)
class Kind:
    """Users or groups; `name` is the element of a body that names one for `add`."""

    entity: Entity[Any]
    collection: str
    known: str
    element: str


USERS = Kind(ACCOUNTS, "DomainUsers", "Users", "user_name")
GROUPS = Kind(ACCOUNT_GROUPS, "DomainGroups", "Groups", "name")


class DirectoryHandlers:
    """Stands before the handlers of what the store knows, which answer for the internal domain."""

    def __init__(self, engine: Engine, there: Handlers) -> None:
        self._engine = engine
        self._there = there

    def handlers(self) -> Handlers:
        found: dict[tuple[str, str], Handler] = {}
        for kind in (USERS, GROUPS):
            item = kind.collection.removesuffix("s")
            found[kind.collection, "list"] = self._listing(kind)
            found[item, "get"] = self._getting(kind, item)
            found[kind.known, "add"] = self._adding(kind)
        return found

    def _listing(self, kind: Kind) -> Handler:
        inside = self._there[kind.collection, "list"]

        async def listed(call: Call) -> Answer:
            settings = await self._settings(call.ids["domain"])
            if settings is None:
                return await inside(call)
            asked = search.Asked(kind.entity, call.parameters, {}, self._engine.clock())
            question = asked.question(parse(asked.text))
            ask = self._engine.directories.users if kind is USERS else self._engine.directories.groups
            entries = await ask(settings, question)
            return Answer(await self._shown(call, kind, settings, entries, call.path))

        return listed

    def _getting(self, kind: Kind, item: str) -> Handler:
        inside = self._there[item, "get"]

        async def got(call: Call) -> Answer:
            settings = await self._settings(call.ids["domain"])
            if settings is None:
                return await inside(call)
            directories, identity = self._engine.directories, call.ids["user" if kind is USERS else "group"]
            ask = directories.users_by_id if kind is USERS else directories.groups_by_id
            entries = await ask(settings, (identity,))
            if identity not in entries:
                raise NotThere(kind=kind.entity.kind, id=identity)
            path = call.path.rpartition("/")[0]
            return Answer((await self._shown(call, kind, settings, (entries[identity],), path))[0])

        return got

    def _adding(self, kind: Kind) -> Handler:
        """Before the engine knows somebody of a directory, that is asked for them."""
        inside = self._there[kind.known, "add"]

        async def add(call: Call) -> Answer:
            name, settings = await self._engine.store.read(lambda tx: _named(tx, kind, call.body))
            if settings is None:
                return await inside(call)
            ask = self._engine.directories.find_user if kind is USERS else self._engine.directories.find_group
            return await inside(replace(call, found={"entry": await ask(settings, name)}))

        return add

    async def _settings(self, identity: str) -> DirectorySettings | None:
        def observe(tx: Transaction) -> DirectorySettings | None:
            domain = found(tx.of(Domain).get(identity), "domain", identity)
            return settings_of(tx, domain.name)

        return await self._engine.store.read(observe)

    async def _shown(
        self, call: Call, kind: Kind, settings: DirectorySettings, entries: Sequence[Entry], path: str
    ) -> list[Wire]:
        items = [_item(kind, settings.directory.id, entry) for entry in entries]

        def observe(tx: Transaction) -> list[Wire]:
            view = View(tx, self._engine.readings, call.parameters, kind.entity.places[0])
            wires = show(view, kind.entity, [(path, items)])[0].wires()
            return [{**wire, "namespace": one.namespace} for wire, one in zip(wires, entries, strict=True)]

        return await self._engine.store.read(observe)


def _item(kind: Kind, domain: str, entry: Entry) -> Account | AccountGroup:
    if kind is GROUPS:
        return AccountGroup(id=entry.id, name=entry.name, domain_id=domain)
    return Account(
        id=entry.id,
        name=entry.name,
        domain_id=domain,
        first_name=entry.first_name,
        last_name=entry.last_name,
        email=entry.email,
        department=entry.department,
    )


def _named(tx: Transaction, kind: Kind, body: Wire) -> tuple[str, DirectorySettings | None]:
    """Whom a body names, as the domain calls them, and the domain's directory where it has one."""
    given, name = body.get("domain"), str(body.get(kind.element) or "")
    domain = None
    if isinstance(given, dict):
        by_name = tx.of(Domain).list(name=given["name"]) if given.get("name") else ()
        domain = tx.of(Domain).get(given["id"]) if given.get("id") else next(iter(by_name), None)
    elif kind is USERS:
        domain = next(iter(tx.of(Domain).list(name=name.rpartition("@")[2])), None)
    if domain is None:
        return name, None
    principal = str(body.get("principal") or "") or name.removesuffix(f"@{domain.name}")
    return principal, settings_of(tx, domain.name)
