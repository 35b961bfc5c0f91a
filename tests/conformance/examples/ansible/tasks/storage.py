"""What lies on storage domains: VMs and templates that are registered from there."""

from typing import Any

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import ALWAYS, READS, Task
from tests.conformance.examples.case import ExampleRun, Oracle
from tests.conformance.examples.found import found_template, found_vm, profile_with_id
from tests.conformance.examples.oracles import expect
from tests.conformance.examples.state import Differs

_ID = "1111-1111-1111-1111"
_PROFILES = {"mynetwork": "3333-3333-3333-3333", "mynetwork2": "4444-4444-4444-4444"}


def registered(table: str, name: str) -> Oracle:
    """It is in the cluster, its disk is the one on the nodes, and nothing is left to be registered."""

    def oracle(observed: ExampleRun) -> None:
        if observed.before.rows(table, name=name):
            raise Differs("it was registered before")
        observed.before.one("unregistered_entities", name=name)
        row = observed.after.one(table, name=name)
        expect(row, cluster_id=observed.after.one("clusters", name="mycluster")["id"])
        attachment = observed.after.one("disk_attachments", owner_id=row["id"])
        disk = observed.after.one("disks", id=attachment["disk_id"])
        expect(disk, status="ok", storage_domain_id=observed.after.one("storage_domains", name="mystorage")["id"])
        if (disk["id"], disk["image_id"]) not in observed.before.images():
            raise Differs("its disk is not the one that lay there")
        if observed.after.rows("unregistered_entities", name=name):
            raise Differs("it is unregistered still")

    return oracle


def _mapped(table: str, name: str) -> Oracle:
    def oracle(observed: ExampleRun) -> None:
        registered(table, name)(observed)
        owner = observed.after.one(table, name=name)["id"]
        if {nic["vnic_profile_id"] for nic in observed.after.rows("nics", owner_id=owner)} != {*_PROFILES.values()}:
            raise Differs("its NICs have other profiles")

    return oracle


def _listed(key: str, kind: str) -> Oracle:
    def oracle(observed: ExampleRun) -> None:
        wanted = {(row["entity_id"], row["name"]) for row in observed.after.rows("unregistered_entities", kind=kind)}
        answered: list[Any] = observed.result[key]
        if {(one["id"], one["name"]) for one in answered} != wanted or not wanted:
            raise Differs(f"{len(answered)} were answered, {len(wanted)} lie there")

    return oracle


def _written(observed: ExampleRun) -> None:
    """Each VM and template with a disk there is named by a file on the domain."""
    domain = observed.after.one("storage_domains", name="domain")
    disks = {disk["id"] for disk in observed.after.rows("disks", storage_domain_id=domain["id"])}
    owners = {one["owner_id"] for one in observed.after.rows("disk_attachments") if one["disk_id"] in disks}
    ovfs, before = (state.ovfs(domain["id"]) for state in (observed.after, observed.before))
    if not owners or ovfs.keys() != owners or ovfs == before:
        raise Differs(f"the OVF store has {len(ovfs)} files, {len(owners)} VMs and templates have disks there")


_CLUSTER = seeds.places.my_cluster
_VM = (_CLUSTER, found_vm("mystorage", id=_ID))
_NETWORKS = tuple(profile_with_id(network, id) for network, id in _PROFILES.items())


TASKS = (
    Task("ovirt_vm/1", registered("vms", "myvm"), (_CLUSTER, found_vm("mystorage")), checkable=False),
    *(
        Task(
            f"ovirt_vm/{number}", registered("vms", "myvm"), (_CLUSTER, found_vm("mystorage", id=_ID)), checkable=False
        )
        for number in (2, 3)
    ),
    Task(
        "ovirt_vm/4",
        _mapped("vms", "myvm"),
        (_CLUSTER, *_NETWORKS, found_vm("mystorage", id=_ID, networks=tuple(_PROFILES))),
        checkable=False,
    ),
    Task("ovirt_vm/5", None, (_CLUSTER, found_vm("mystorage", id=_ID)), checkable=False),
    Task(
        "ovirt_template/4",
        registered("templates", "mytemplate"),
        (_CLUSTER, found_template("mystorage")),
        checkable=False,
    ),
    *(
        Task(
            f"ovirt_template/{number}",
            registered("templates", "mytemplate"),
            (_CLUSTER, found_template("mystorage", id=_ID)),
            checkable=False,
        )
        for number in (5, 6)
    ),
    Task(
        "ovirt_template/7",
        _mapped("templates", "mytemplate"),
        (_CLUSTER, *_NETWORKS, found_template("mystorage", id=_ID, networks=tuple(_PROFILES))),
        checkable=False,
    ),
    Task("ovirt_template/8", None, (_CLUSTER, found_template("mystorage", id=_ID)), checkable=False),
    Task("ovirt_storage_vm_info/0", _listed("ovirt_storage_vms", "vm"), (found_vm("storage"),), READS),
    Task(
        "ovirt_storage_template_info/0",
        _listed("ovirt_storage_templates", "template"),
        (found_template("storage"),),
        READS,
    ),
    Task("ovirt_storage_domain/10", _written, (seeds.storage.my_storage("domain"),), ALWAYS),
)
