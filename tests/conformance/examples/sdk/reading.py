"""Examples that only read: what they print is held to the database."""

import json
import re
from collections import Counter

from ovirtsdk4 import types

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun, Site
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs, State

_TWO_VMS = (seeds.vms.my_vm, seeds.vms.vm("another-vm", "Blank"))
_MAC = "56:6f:00:00:00:99"


def _rows(run: ExampleRun, table: str, line: str) -> None:
    """Every row of the table was printed once, in the form `line`."""
    printed = Counter(run.output.splitlines())
    for row in run.after.rows(table):
        if printed[line.format(**row)] != 1:
            raise Differs(f"'{line.format(**row)}' was printed {printed[line.format(**row)]} times")


def _signed_in(run: ExampleRun) -> None:
    """The engine noted that somebody signed in; nobody does so between the two looks but the example."""
    logins = [len(state.rows("events", code=30)) for state in (run.before, run.after)]
    if logins[1] <= logins[0]:
        raise Differs("nobody signed in")


def connection_works(run: ExampleRun) -> None:
    _signed_in(run)
    run.expect_printed("Connection works.")


def version_without_compression(run: ExampleRun) -> None:
    _signed_in(run)
    if not re.fullmatch(r"4\.\d+\.\d+.*", run.output.strip()):
        raise Differs("no version was printed")
    if any("accept-encoding" in asked.headers for asked in run.requests):
        raise Differs("compression was asked for")


def summary(run: ExampleRun) -> None:
    for word, table in (("hosts", "nodes"), ("sds", "storage_domains"), ("users", "users"), ("vms", "vms")):
        run.expect_printed(f"{word}: {len(run.after.rows(table))}")


def vm_and_host_names(run: ExampleRun) -> None:
    _rows(run, "vms", "{name}")
    _rows(run, "nodes", "{name}")


def inventory(run: ExampleRun) -> None:
    tables = {
        "data centers": "data_centers",
        "clusters": "clusters",
        "storage domains": "storage_domains",
        "networks": "networks",
        "hosts": "nodes",
        "VMs": "vms",
    }
    for word, table in tables.items():
        run.expect_printed(f"Loaded {len(run.after.rows(table))} {word}.")
    for vm in run.after.rows("vms"):
        run.expect_printed(f"Loaded NICs of VM '{vm['name']}'", f"Loaded reported devices of VM '{vm['name']}'")
        if run.after.rows("disk_attachments", owner_id=vm["id"]):
            run.expect_printed(f"Loaded disk attachments of VM '{vm['name']}'")


def only_my_vm(run: ExampleRun) -> None:
    if run.output.strip() != "myvm: {id}".format(**run.after.one("vms", name="myvm")):
        raise Differs("not just myvm was found")


def disks_of_my_vm(run: ExampleRun) -> None:
    attachments = run.after.rows("disk_attachments", owner_id=seeds.vms.vm_id(run.after))
    for attachment in attachments:
        disk = run.after.one("disks", id=attachment["disk_id"])
        lines = ("name: {name}", "id: {id}", "provisioned_size: {provisioned_size_bytes}")
        run.expect_printed(*(line.format(**disk) for line in lines))
    if run.output.count("name: ") != len(attachments) or not attachments:
        raise Differs("not each disk was printed once")


def snapshots_of_all(run: ExampleRun) -> None:
    """A line for each disk of each snapshot of each VM, with where it lies."""
    lines = 0
    for vm in run.after.rows("vms"):
        for attachment in run.after.rows("disk_attachments", owner_id=vm["id"]):
            disk = run.after.one("disks", id=attachment["disk_id"])
            domain = run.after.one("storage_domains", id=disk["storage_domain_id"])["name"]
            for snapshot in run.after.rows("snapshots", vm_id=vm["id"]):
                run.expect_printed(f"{vm['name']}:{snapshot['description']}:{disk['name']}:{domain}")
                lines += 1
    if lines < 2 or len(run.output.splitlines()) != lines:
        raise Differs("there are other lines than one for each disk of each snapshot")


def links_of_my_vm(run: ExampleRun) -> None:
    vm = run.after.one("vms", name="myvm")
    cluster = run.after.one("clusters", id=vm["cluster_id"])["name"]
    template = run.after.one("templates", id=vm["template_id"])["name"]
    run.expect_printed(f"cluster: {cluster}", f"template: {template}")


def duplicate_macs(run: ExampleRun) -> None:
    names = {vm["id"]: vm["name"] for vm in run.after.rows("vms")}
    first, second = (names[nic["owner_id"]] for nic in run.after.rows("nics", mac=_MAC))
    used = f"MAC address '{_MAC}' is used by following virtual machine already"
    if not {f"[{first}]: {used}: {second}", f"[{second}]: {used}: {first}"} & set(run.output.splitlines()):
        raise Differs("the duplicate was not printed")


def statistics_of_host(run: ExampleRun) -> None:
    """A number that depends on nobody: the memory of the host."""
    node = run.after.nodes["node1"]
    pairs = dict(line.split(": ", 1) for line in run.output.splitlines() if ": " in line)
    if not pairs or float(pairs.get("memory.total", "0")) != node.statistics["memory_bytes"]:
        raise Differs("memory.total is not the host's memory")


def storage_domains(run: ExampleRun) -> None:
    try:
        printed = {(one["name"], one["id"], one["type"]) for one in json.loads(run.output)}
    except ValueError as err:
        raise Differs("no JSON was printed") from err
    wanted = {(row["name"], row["id"], row["type"]) for row in run.after.rows("storage_domains")}
    if printed != wanted:
        raise Differs(f"{printed ^ wanted} differ")


def networks_of_cluster(run: ExampleRun) -> None:
    for network in run.after.rows("networks"):
        lines = ("name: {name}", "id: {id}", "mtu: {mtu}")
        run.expect_printed(*(line.format(**network) for line in lines))


def chain_of_disk(run: ExampleRun) -> None:
    try:
        chain = json.loads(run.output)
    except ValueError as err:
        raise Differs("no JSON was printed") from err
    disk = run.after.one("disks", name="mydisk")
    images = {image for owner, image in run.after.images() if owner == disk["id"]}
    if {one["id"] for one in chain} != images or not images:
        raise Differs("the chain is not the disk's images on the nodes")


def events_in_order(run: ExampleRun) -> None:
    """Those that came while it ran, each once; events of an example's own sign-in were there before it asked."""
    printed = [int(line.partition(" - ")[0]) for line in run.output.splitlines() if re.match(r"\d+ - ", line)]
    first = max(row["id"] for row in run.before.rows("events"))
    described = {row["id"]: row["description"] for row in run.after.rows("events") if row["id"] > first}
    during = [id for id, description in described.items() if "while-polling" in description]
    if not during or not set(during) <= set(printed):
        raise Differs("not all events that came meanwhile were printed")
    if printed != sorted(set(printed)):
        raise Differs("events were printed twice or out of order")


def _disk_id(state: State) -> list[str]:
    return ["-c", CONFIGURATION, str(state.one("disks", name="mydisk")["id"])]


def _vm_while_polling(site: Site) -> None:
    with site.connection() as connection:
        system = connection.system_service()
        cluster = types.Cluster(id=system.clusters_service().list()[0].id)
        blank = types.Template(name="Blank")
        system.vms_service().add(types.Vm(name="while-polling", cluster=cluster, template=blank))


def addresses_of_guest(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.after)
    node, _ = run.after.vms_running()[identity]
    addresses = run.after.nodes[node].vms[identity]["addresses"]
    if not addresses:
        raise Differs("its guest has no address")
    run.expect_printed(*addresses)


CASES = (
    Case("test_connection", connection_works),
    Case("disable_compression", version_without_compression),
    Case("show_summary", summary, _TWO_VMS, reads=True),
    Case("connection_builder", vm_and_host_names, _TWO_VMS, reads=True),
    Case("asynchronous_inventory", inventory, _TWO_VMS, reads=True),
    Case("list_vms", lambda run: _rows(run, "vms", "{name}: {id}"), _TWO_VMS, reads=True),
    Case("page_vms", lambda run: _rows(run, "vms", "{name}"), _TWO_VMS, reads=True),
    Case("search_vms", only_my_vm, _TWO_VMS, reads=True),
    Case("list_vm_disks", disks_of_my_vm, (seeds.vms.my_vm, seeds.disks.disk_of_vm()), reads=True),
    Case("list_vm_snapshots", snapshots_of_all, (seeds.vms.my_vm, seeds.vms.snapshot), reads=True),
    Case("follow_vm_links", links_of_my_vm, (seeds.vms.my_vm,), reads=True),
    Case("get_vm_ip", addresses_of_guest, (seeds.vms.my_vm, seeds.vms.started, seeds.vms.guest_agents), reads=True),
    Case(
        "print_vm_mac_duplicates",
        duplicate_macs,
        (*_TWO_VMS, seeds.vms.nic_of_vm("myvm", _MAC), seeds.vms.nic_of_vm("another-vm", _MAC)),
        reads=True,
    ),
    Case("list_host_statistics", statistics_of_host, (seeds.places.my_host,), reads=True),
    Case("list_storage_domains", storage_domains, arguments=lambda state: ["-c", CONFIGURATION], reads=True),
    Case("list_cluster_networks", networks_of_cluster, (seeds.places.my_cluster,), reads=True),
    Case("list_disk_snapshots", chain_of_disk, (seeds.disks.disk("mydisk"),), _disk_id, reads=True),
    Case("list_roles", lambda run: _rows(run, "roles", "{name}: {description}"), reads=True),
    Case("list_tags", lambda run: _rows(run, "tags", "{name}: {description}"), (seeds.others.my_tag,), reads=True),
    Case(
        "list_tags_of_vm",
        lambda run: run.expect_printed("{name}: {description}".format(**run.after.one("tags", name="mytag"))),
        (seeds.vms.vm("myvm0"), seeds.others.my_tag, seeds.others.tagged),
        reads=True,
    ),
    Case(
        "list_affinity_labels",
        lambda run: run.expect_printed(
            "{name}:".format(**run.after.one("affinity_labels", name="my_affinity_label")),
            " - {name}".format(**run.after.one("vms", name="myvm0")),
        ),
        (seeds.vms.vm("myvm0"), seeds.others.my_label, seeds.others.labelled),
        reads=True,
    ),
    Case("poll_events", events_in_order, (seeds.vms.my_vm,), endless="while-polling", during=_vm_while_polling),
)
