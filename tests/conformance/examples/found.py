"""Fixtures: storage domains with VMs and templates that the engine does not have any more, or not yet."""

from collections.abc import Callable
from typing import Any

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Fixture, Site

MIB = 1 << 20


def found_vm(domain: str, vm: str = "myvm", *, id: str = "", networks: tuple[str, ...] = ()) -> Fixture:
    """A VM on a storage domain of that name, with a disk and a NIC in each of `networks`; not registered."""

    def make(connection: sdk.Connection, domain_id: str) -> str:
        return _vm_on(connection, domain_id, vm, networks)

    return _found(domain, vm, make, id)


def found_template(
    domain: str, template: str = "mytemplate", *, id: str = "", networks: tuple[str, ...] = ()
) -> Fixture:
    def make(connection: sdk.Connection, domain_id: str) -> str:
        system = connection.system_service()
        vm_id = _vm_on(connection, domain_id, f"{template}-vm", networks)
        templates = system.templates_service()
        made = templates.add(types.Template(name=template, vm=types.Vm(id=vm_id)))
        service = templates.template_service(made.id)
        seeds.rows.until(lambda: service.get().status == types.TemplateStatus.OK)
        system.vms_service().vm_service(vm_id).remove(async_=False)
        return str(made.id)

    return _found(domain, template, make, id)


def profile_with_id(network: str, id: str) -> Fixture:
    """A network, with a vNIC profile of that name and that id."""

    def fixture(site: Site) -> None:
        seeds.networks.network(network)(site)
        state = site.state()
        network_id = state.one("networks", name=network)["id"]
        seeds.rows.copied(site, "cluster_networks", state.rows("cluster_networks")[0], network_id=network_id, usages=[])
        seeds.networks.profile(network, network)(site)
        site.execute("UPDATE vnic_profiles SET id = ? WHERE name = ?", id, network)

    fixture.__name__ = f"profile_{network}"
    return fixture


def _found(domain: str, name: str, make: Callable[[sdk.Connection, str], str], id: str) -> Fixture:
    def fixture(site: Site) -> None:
        with site.connection() as connection:
            added = seeds.storage.add_domain(connection, domain)
            centers = connection.system_service().data_centers_service()
            attached = centers.data_center_service(centers.list()[0].id).storage_domains_service()
            attached.add(types.StorageDomain(id=added.id))
            made = make(connection, added.id)
            service = attached.storage_domain_service(added.id)
            service.deactivate(async_=False)
            service.remove(async_=False)
            attached.add(types.StorageDomain(id=added.id))
        if id:
            site.execute(
                "UPDATE unregistered_entities SET entity_id = replace(entity_id, ?, ?), id = replace(id, ?, ?),"
                " data = replace(data, ?, ?)",
                *(made, id) * 3,
            )

    fixture.__name__ = f"found_{name}"
    return fixture


def _vm_on(connection: sdk.Connection, domain_id: str, name: str, networks: tuple[str, ...]) -> str:
    system = connection.system_service()
    profiles = {one.name: one for one in system.vnic_profiles_service().list()}
    wanted = types.Vm(
        name=name,
        cluster=types.Cluster(id=system.clusters_service().list()[0].id),
        template=types.Template(name="Blank"),
        memory=64 * MIB,
        nics=[
            types.Nic(name=f"nic{number}", vnic_profile=types.VnicProfile(id=profiles[network].id))
            for number, network in enumerate(networks, 1)
        ],
    )
    made = system.vms_service().add(wanted)
    service: Any = system.vms_service().vm_service(made.id)
    seeds.rows.until(lambda: service.get().status == types.VmStatus.DOWN)
    disk = types.Disk(
        name=f"{name}-disk",
        provisioned_size=64 * MIB,
        format=types.DiskFormat.COW,
        storage_domains=[types.StorageDomain(id=domain_id)],
    )
    attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=True, active=True)
    added = service.disk_attachments_service().add(attachment)
    disks = system.disks_service()
    seeds.rows.until(lambda: disks.disk_service(added.disk.id).get().status == types.DiskStatus.OK)
    return str(made.id)
