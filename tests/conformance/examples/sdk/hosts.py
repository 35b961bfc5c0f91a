"""Hosts, and the data center that is put to rest."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun, Oracle
from tests.conformance.examples.oracles import expect, removes, was_added
from tests.conformance.examples.state import Differs


def in_another_cluster(run: ExampleRun) -> None:
    wanted = run.after.one("clusters", name="mycluster")["id"]
    if run.before.one("nodes", name="myhost")["cluster_id"] == wanted:
        raise Differs("it was there before")
    expect(run.after.one("nodes", name="myhost"), cluster_id=wanted, status="up")


def takes_in(machine: str, *, name: str = "myhost", **wanted: object) -> Oracle:
    """The machine has become that host."""

    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "nodes", name)
        expect(row, hostname=machine, status="up", **wanted)
        if run.before.nodes[machine].certificate or not run.after.nodes[machine].certificate:
            raise Differs("the machine itself does not belong to the site, or did before")

    return oracle


def lets_go(machine: str) -> Oracle:
    """`myhost` is gone, and the machine belongs to nobody."""

    def oracle(run: ExampleRun) -> None:
        removes("nodes", "myhost")(run)
        if not run.before.nodes[machine].certificate or run.after.nodes[machine].certificate:
            raise Differs("the machine itself belongs to the site, or did not before")

    return oracle


def fence_agent(run: ExampleRun) -> None:
    host = run.after.one("nodes", name="myhost")["id"]
    rows = [row for row in run.after.rows("fence_agents") if host in row.values() and "1.2.3.4" in row.values()]
    if not rows:
        raise Differs("the host has no such agent")


def at_rest(run: ExampleRun) -> None:
    if any(row["status"] != "maintenance" for row in run.after.rows("nodes")):
        raise Differs("not all hosts are in maintenance")


def was_asked_for_upgrades(run: ExampleRun) -> None:
    """The node was asked, and what it said is an event; none waits there, so that nothing is upgraded."""
    host = run.after.one("nodes", name="myhost")["id"]
    before = {row["id"] for row in run.before.rows("events")}
    codes = [row["code"] for row in run.after.rows("events") if row["node_id"] == host and row["id"] not in before]
    if sorted(code for code in codes if code in (839, 884, 885, 887)) != [884, 885]:
        raise Differs(f"the events of the host are {codes}")


def certificate_changed(run: ExampleRun) -> None:
    """`myhost`, in place of the one before, and it is up."""
    row = run.after.one("nodes", name="myhost")
    expect(row, status="up")
    before, after = (state.nodes[row["hostname"]].certificate for state in (run.before, run.after))
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
