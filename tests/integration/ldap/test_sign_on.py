"""Users of a real directory sign on, by a group in a group; what the directory changes counts."""

from dataclasses import replace

import pytest

from hosted_engine.directories.directories import LdapDirectories
from hosted_engine.engine.loop import Loop
from hosted_engine.engine.users.domains import Domain, DomainKind
from hosted_engine.engine.users.ldap_model import LdapDirectory
from hosted_engine.engine.users.model import Group
from hosted_engine.rest.auth import Authenticator
from hosted_engine.rest.credentials import AccessDenied
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World
from tests.integration.ldap.server import BASE, BIND_PASSWORD, Slapd
from tests.integration.ldap.subjects import settings_for
from tests.unit.rest.people import give

DOMAIN = "corp-authz"


class Site:
    def __init__(self, server: Slapd) -> None:
        self.server = server
        self.store = World().store
        self.clock = FakeClock()
        self.directories = LdapDirectories()
        self.settings = settings_for(server)
        directory = self.settings.directory
        with self.store.transaction() as tx:
            tx.of(Domain).add(Domain(id=directory.id, name=DOMAIN, kind=DomainKind.LDAP))
            tx.of(LdapDirectory).add(replace(directory, bind_password=tx.secrets.seal(BIND_PASSWORD)))
        self.authenticator = Authenticator(self.store, self.clock.now, Loop(), self.directories)

    async def know(self, name: str) -> None:
        """A group of the directory that has a role."""
        entry = await self.directories.find_group(self.settings, name)
        assert entry is not None
        group = Group(id=f"g-{name}", name=name, domain=DOMAIN, domain_entry_id=entry.id)
        with self.store.transaction() as tx:
            tx.of(Group).add(group)
        give(self.store, group, "ReadOnlyAdmin")

    async def sign_on(self, user: str, password: str) -> str:
        self.clock.advance(61)  # so long a right password counts
        return (await self.authenticator.sign_in(user, password, ""))[1].login


async def test_users_sign_on_as_the_directory_has_them(server: Slapd) -> None:
    jane = server.add_user("jane", "Jane-word-1")
    server.add_user("jack", "Jack-word-1")
    inner = server.add_group("inner", jane)
    server.add_group("outer", inner)
    site = Site(server)
    await site.know("outer")
    assert await site.sign_on("JANE@corp", "Jane-word-1") == "jane@corp"
    for user, password in (("jane@corp", "wrong"), ("jane@corp", ""), ("jack@corp", "Jack-word-1"), ("x@corp", "x")):
        with pytest.raises(AccessDenied):
            await site.sign_on(user, password)
    with site.store.transaction() as tx:
        (before,) = tx.users.list(domain=DOMAIN)
    server.change(f"dn: {jane}\nchangetype: modrdn\nnewrdn: uid=jane.doe\ndeleteoldrdn: 1\n")
    server.change(f"dn: {inner}\nchangetype: modify\nreplace: member\nmember: uid=jane.doe,ou=people,{BASE}\n")
    assert await site.sign_on("jane.doe@corp", "Jane-word-1") == "jane.doe@corp"
    with site.store.transaction() as tx:
        assert [(user.id, user.name) for user in tx.users.list(domain=DOMAIN)] == [(before.id, "jane.doe@corp-authz")]
    server.change(f"dn: uid=jane.doe,ou=people,{BASE}\nchangetype: delete\n")
    with pytest.raises(AccessDenied):
        await site.sign_on("jane.doe@corp", "Jane-word-1")
