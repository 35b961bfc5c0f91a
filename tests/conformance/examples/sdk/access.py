"""Users, groups, roles, permissions."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun
from tests.conformance.examples.oracles import adds, links, mentions, was_added
from tests.conformance.examples.state import Differs

_KEY = "ssh-rsa AAA...mu9 myuser@example.com"
_USER2 = ("users", "user2@internal-authz")
_VMS = ("myvm1", "myvm2", "myvm3")


def ssh_key(run: ExampleRun) -> None:
    user = run.after.one("users", name="myuser@internal-authz")["id"]
    holding = [row for name, rows in run.after.tables.items() if "key" in name for row in rows if _KEY in row.values()]
    if not any(user in row.values() for row in holding):
        raise Differs("the user has no such key")


def permissions_on_vms(run: ExampleRun) -> None:
    for name in _VMS:
        links(_USER2, ("vms", name))(run)


def role(run: ExampleRun) -> None:
    row = was_added(run, "roles", "myrole")
    mentions(row, "My custom role to create virtual machines")
    permits = {one["permit_id"] for one in run.after.rows("role_permits", role_id=row["id"])}
    if permits != {"1", "1300"}:
        raise Differs(f"its permits are {sorted(permits)}")


CASES = (
    Case("add_user_ssh_public_key", ssh_key, (seeds.people.user("myuser@internal-authz", "myuser"),)),
    Case("add_group", adds("groups", "mygroup"), (seeds.people.domain("internal-authz", groups=("mygroup",)),)),
    Case("add_role", role),
    Case(
        "assign_permission",
        links(("users", "myuser@mydomain-authz"), ("networks", "mynetwork")),
        (seeds.people.user("myuser@mydomain-authz", "myuser"), seeds.networks.my_network),
    ),
    Case(
        "assign_permission_to_vms",
        permissions_on_vms,
        (seeds.people.user("user2@internal-authz", "user2"), seeds.rows.many(seeds.vms.vm, *_VMS)),
    ),
)
