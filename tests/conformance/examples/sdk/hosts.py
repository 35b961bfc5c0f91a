"""Hosts, and the data center that is put to rest."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, Oracle, Seen
from tests.conformance.examples.oracles import expect, removes, was_added
from tests.conformance.examples.state import Differs


def in_another_cluster(seen: Seen) -> None:
    wanted = seen.after.one("clusters", name="mycluster")["id"]
    if seen.before.one("nodes", name="myhost")["cluster_id"] == wanted:
        raise Differs("it was there before")
    expect(seen.after.one("nodes", name="myhost"), cluster_id=wanted, status="up")


def takes_in(machine: str, *, name: str = "myhost", **wanted: object) -> Oracle:
    """The machine has become that host."""

    def oracle(seen: Seen) -> None:
        row = was_added(seen, "nodes", name)
        expect(row, hostname=machine, status="up", **wanted)
        if seen.before.nodes[machine].certificate or not seen.after.nodes[machine].certificate:
            raise Differs("the machine itself does not belong to the site, or did before")

    return oracle


def lets_go(machine: str) -> Oracle:
    """`myhost` is gone, and the machine belongs to nobody."""

    def oracle(seen: Seen) -> None:
        removes("nodes", "myhost")(seen)
        if not seen.before.nodes[machine].certificate or seen.after.nodes[machine].certificate:
            raise Differs("the machine itself belongs to the site, or did not before")

    return oracle


def fence_agent(seen: Seen) -> None:
    host = seen.after.one("nodes", name="myhost")["id"]
    rows = [row for row in seen.after.rows("fence_agents") if host in row.values() and "1.2.3.4" in row.values()]
    if not rows:
        raise Differs("the host has no such agent")


def at_rest(seen: Seen) -> None:
    if any(row["status"] != "maintenance" for row in seen.after.rows("nodes")):
        raise Differs("not all hosts are in maintenance")


def was_asked_for_upgrades(seen: Seen) -> None:
    """The node was asked, and what it said is an event; none waits there, so that nothing is upgraded."""
    host = seen.after.one("nodes", name="myhost")["id"]
    before = {row["id"] for row in seen.before.rows("events")}
    codes = [row["code"] for row in seen.after.rows("events") if row["node_id"] == host and row["id"] not in before]
    if sorted(code for code in codes if code in (839, 884, 885, 887)) != [884, 885]:
        raise Differs(f"the events of the host are {codes}")


def has_another_certificate(seen: Seen) -> None:
    """`myhost`, in place of the one before, and it is up."""
    row = seen.after.one("nodes", name="myhost")
    expect(row, status="up")
    before, after = (state.nodes[row["hostname"]].certificate for state in (seen.before, seen.after))
    if not before or not after or before == after:
        raise Differs("the host has no other certificate than before")


CASES = (
    Case(
        "add_host",
        takes_in("node4", description="My host"),
        (seeds.places.my_cluster, seeds.places.machine("node40.example.com")),
    ),
    Case("remove_host", lets_go("node4"), (seeds.places.spare_host,)),
    Case("change_host_cluster", in_another_cluster, (seeds.places.host_to_leave, seeds.places.second_cluster)),
    Case("add_fence_agent", fence_agent, (seeds.places.host_to_leave,)),
    Case("update_fencing_options", None, (seeds.places.my_host,)),
    Case("add_bond", None, (seeds.places.my_host, seeds.networks.my_network)),
    Case("upgrade_host", was_asked_for_upgrades, (seeds.places.slow_host,)),
    Case("data_center_maintenance", at_rest),
)
