"""Examples that only read: what they print is held to the database."""

import json
import re
from collections import Counter

from ovirtsdk4 import types

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, Seen, Site
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs, State

_TWO_VMS = (seeds.vms.my_vm, seeds.vms.vm("another-vm", "Blank"))
_MAC = "56:6f:00:00:00:99"


def _rows(seen: Seen, table: str, line: str) -> None:
    """Every row of the table was printed once, in the form `line`."""
    printed = Counter(seen.output.splitlines())
    for row in seen.after.rows(table):
        if printed[line.format(**row)] != 1:
            raise Differs(f"'{line.format(**row)}' was printed {printed[line.format(**row)]} times")


def _signed_in(seen: Seen) -> None:
    """The engine noted that somebody signed in; nobody does so between the two looks but the example."""
    logins = [len(state.rows("events", code=30)) for state in (seen.before, seen.after)]
    if logins[1] <= logins[0]:
        raise Differs("nobody signed in")


def connection_works(seen: Seen) -> None:
    _signed_in(seen)
    seen.expect_printed("Connection works.")


def version_without_compression(seen: Seen) -> None:
    _signed_in(seen)
    if not re.fullmatch(r"4\.\d+\.\d+.*", seen.output.strip()):
        raise Differs("no version was printed")
    if any("accept-encoding" in asked.headers for asked in seen.requests):
        raise Differs("compression was asked for")


def summary(seen: Seen) -> None:
    for word, table in (("hosts", "nodes"), ("sds", "storage_domains"), ("users", "users"), ("vms", "vms")):
        seen.expect_printed(f"{word}: {len(seen.after.rows(table))}")


def vm_and_host_names(seen: Seen) -> None:
    _rows(seen, "vms", "{name}")
    _rows(seen, "nodes", "{name}")


def inventory(seen: Seen) -> None:
    tables = {
        "data centers": "data_centers",
        "clusters": "clusters",
        "storage domains": "storage_domains",
        "networks": "networks",
        "hosts": "nodes",
        "VMs": "vms",
    }
    for word, table in tables.items():
        seen.expect_printed(f"Loaded {len(seen.after.rows(table))} {word}.")
    for vm in seen.after.rows("vms"):
        seen.expect_printed(f"Loaded NICs of VM '{vm['name']}'", f"Loaded reported devices of VM '{vm['name']}'")
        if seen.after.rows("disk_attachments", owner_id=vm["id"]):
            seen.expect_printed(f"Loaded disk attachments of VM '{vm['name']}'")


def only_my_vm(seen: Seen) -> None:
    if seen.output.strip() != "myvm: {id}".format(**seen.after.one("vms", name="myvm")):
        raise Differs("not just myvm was found")


def disks_of_my_vm(seen: Seen) -> None:
    attachments = seen.after.rows("disk_attachments", owner_id=seeds.vms.vm_id(seen.after))
    for attachment in attachments:
        disk = seen.after.one("disks", id=attachment["disk_id"])
        lines = ("name: {name}", "id: {id}", "provisioned_size: {provisioned_size_bytes}")
        seen.expect_printed(*(line.format(**disk) for line in lines))
    if seen.output.count("name: ") != len(attachments) or not attachments:
        raise Differs("not each disk was printed once")


def snapshots_of_all(seen: Seen) -> None:
    """A line for each disk of each snapshot of each VM, with where it lies."""
    lines = 0
    for vm in seen.after.rows("vms"):
        for attachment in seen.after.rows("disk_attachments", owner_id=vm["id"]):
            disk = seen.after.one("disks", id=attachment["disk_id"])
            domain = seen.after.one("storage_domains", id=disk["storage_domain_id"])["name"]
            for snapshot in seen.after.rows("snapshots", vm_id=vm["id"]):
                seen.expect_printed(f"{vm['name']}:{snapshot['description']}:{disk['name']}:{domain}")
                lines += 1
    if lines < 2 or len(seen.output.splitlines()) != lines:
        raise Differs("there are other lines than one for each disk of each snapshot")


def links_of_my_vm(seen: Seen) -> None:
    vm = seen.after.one("vms", name="myvm")
    cluster = seen.after.one("clusters", id=vm["cluster_id"])["name"]
    template = seen.after.one("templates", id=vm["template_id"])["name"]
    seen.expect_printed(f"cluster: {cluster}", f"template: {template}")


def duplicate_macs(seen: Seen) -> None:
    names = {vm["id"]: vm["name"] for vm in seen.after.rows("vms")}
    first, second = (names[nic["owner_id"]] for nic in seen.after.rows("nics", mac=_MAC))
    used = f"MAC address '{_MAC}' is used by following virtual machine already"
    if not {f"[{first}]: {used}: {second}", f"[{second}]: {used}: {first}"} & set(seen.output.splitlines()):
        raise Differs("the duplicate was not printed")


def statistics_of_host(seen: Seen) -> None:
    """A number that depends on nobody: the memory of the host."""
    node = seen.after.nodes["node1"]
    pairs = dict(line.split(": ", 1) for line in seen.output.splitlines() if ": " in line)
    if not pairs or float(pairs.get("memory.total", "0")) != node.statistics["memory_bytes"]:
        raise Differs("memory.total is not the host's memory")


def storage_domains(seen: Seen) -> None:
    try:
        printed = {(one["name"], one["id"], one["type"]) for one in json.loads(seen.output)}
    except ValueError as err:
        raise Differs("no JSON was printed") from err
    wanted = {(row["name"], row["id"], row["type"]) for row in seen.after.rows("storage_domains")}
    if printed != wanted:
        raise Differs(f"{printed ^ wanted} differ")


def networks_of_cluster(seen: Seen) -> None:
    for network in seen.after.rows("networks"):
        lines = ("name: {name}", "id: {id}", "mtu: {mtu}")
        seen.expect_printed(*(line.format(**network) for line in lines))


def chain_of_disk(seen: Seen) -> None:
    try:
        chain = json.loads(seen.output)
    except ValueError as err:
        raise Differs("no JSON was printed") from err
    disk = seen.after.one("disks", name="mydisk")
    images = {image for owner, image in seen.after.images() if owner == disk["id"]}
    if {one["id"] for one in chain} != images or not images:
        raise Differs("the chain is not the disk's images on the nodes")


def events_in_order(seen: Seen) -> None:
    """Those that came while it ran, each once; events of an example's own sign-in were there before it asked."""
    printed = [int(line.partition(" - ")[0]) for line in seen.output.splitlines() if re.match(r"\d+ - ", line)]
    first = max(row["id"] for row in seen.before.rows("events"))
    described = {row["id"]: row["description"] for row in seen.after.rows("events") if row["id"] > first}
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


def addresses_of_guest(seen: Seen) -> None:
    identity = seeds.vms.vm_id(seen.after)
    node, _ = seen.after.vms_running()[identity]
    addresses = seen.after.nodes[node].vms[identity]["addresses"]
    if not addresses:
        raise Differs("its guest has no address")
    seen.expect_printed(*addresses)


CASES = (
    Case("test_connection", connection_works),
    Case("disable_compression", version_without_compression),
    Case("show_summary", summary, _TWO_VMS, reads=True),
    Case("connection_builder", vm_and_host_names, _TWO_VMS, reads=True),
    Case("asynchronous_inventory", inventory, _TWO_VMS, reads=True),
    Case("list_vms", lambda seen: _rows(seen, "vms", "{name}: {id}"), _TWO_VMS, reads=True),
    Case("page_vms", lambda seen: _rows(seen, "vms", "{name}"), _TWO_VMS, reads=True),
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
    Case("list_roles", lambda seen: _rows(seen, "roles", "{name}: {description}"), reads=True),
    Case("list_tags", lambda seen: _rows(seen, "tags", "{name}: {description}"), (seeds.others.my_tag,), reads=True),
    Case(
        "list_tags_of_vm",
        lambda seen: seen.expect_printed("{name}: {description}".format(**seen.after.one("tags", name="mytag"))),
        (seeds.vms.vm("myvm0"), seeds.others.my_tag, seeds.others.tagged),
        reads=True,
    ),
    Case(
        "list_affinity_labels",
        lambda seen: seen.expect_printed(
            "{name}:".format(**seen.after.one("affinity_labels", name="my_affinity_label")),
            " - {name}".format(**seen.after.one("vms", name="myvm0")),
        ),
        (seeds.vms.vm("myvm0"), seeds.others.my_label, seeds.others.labelled),
        reads=True,
    ),
    Case("poll_events", events_in_order, (seeds.vms.my_vm,), endless="while-polling", during=_vm_while_polling),
)
