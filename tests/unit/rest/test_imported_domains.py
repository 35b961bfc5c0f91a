"""A storage domain goes from one engine to another with all that lies on it, through the unmodified SDK."""

from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from hosted_engine.engine.ovf.read import read_ovf
from tests.unit.rest.two_engines import MIB, NAS, Engine, a_domain, add_vm, bring_over, is_whole, taken_over, until


def test_a_vm_goes_with_its_storage_domain(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain, description="It is the same")
    vm = first.system.vms_service().vm_service(made.id)
    mac = vm.nics_service().list()[0].mac.address
    vm.snapshots_service().add(types.Snapshot(description="before"))
    until(lambda: len(vm.snapshots_service().list()) == 2 and is_whole(first, vm))
    disk = first.system.disks_service().disk_service(vm.disk_attachments_service().list()[0].disk.id).get()

    there = taken_over(first, second, domain.id)
    assert first.system.vms_service().list(search="name=web") == []
    assert second.system.vms_service().list(search="name=web") == []
    assert there.vms_service().list() == []
    (found,) = there.vms_service().list(unregistered=True)
    assert (found.id, found.name, found.memory, found.cluster) == (made.id, "web", 128 * MIB, None)
    assert found.initialization.configuration.type == types.ConfigurationType.OVF
    assert "<Name>web</Name>" in found.initialization.configuration.data

    there.vms_service().vm_service(made.id).register(cluster=types.Cluster(name="Default"), async_=False)
    assert there.vms_service().list(unregistered=True) == []
    assert [one.id for one in there.vms_service().list()] == [made.id]
    here = second.system.vms_service().vm_service(made.id)
    assert (here.get().description, here.get().status) == ("It is the same", types.VmStatus.DOWN)
    nic = here.nics_service().list()[0]
    assert (nic.mac.address, nic.vnic_profile.id) == (mac, second.profile().id)
    (attachment,) = here.disk_attachments_service().list()
    assert (attachment.bootable, attachment.active, attachment.interface) == (True, True, types.DiskInterface.VIRTIO)
    now = second.system.disks_service().disk_service(attachment.disk.id).get()
    assert (now.id, now.image_id, now.name, now.provisioned_size) == (disk.id, disk.image_id, "web-disk", 64 * MIB)
    assert sorted(one.description for one in here.snapshots_service().list()) == ["Active VM", "before"]
    assert second.events(174) == ["VM web has been successfully imported from the given configuration."]


def test_the_ovf_of_a_vm_is_shown_to_who_asks_for_all(first: Engine) -> None:
    made = add_vm(first, types.StorageDomain(id=_data(first)))
    service = first.system.vms_service().vm_service(made.id)
    assert service.get().initialization is None
    whole = service.get(all_content=True)
    assert whole.initialization.configuration.type == types.ConfigurationType.OVF
    read = read_ovf(whole.initialization.configuration.data, _data(first))
    assert (read.item.name, [disk.name for disk in read.images.values()]) == ("web", ["web-disk"])
    (listed,) = first.system.vms_service().list(search="name=web", all_content=True)
    assert listed.initialization.configuration.data == whole.initialization.configuration.data


def test_templates_come_first_and_disks_by_themselves(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    base = add_vm(first, domain, "golden-vm")
    template = types.Template(name="golden", vm=types.Vm(id=base.id))
    made = first.system.templates_service().add(template)
    until(lambda: first.system.templates_service().list(search="name=golden")[0].status == types.TemplateStatus.OK)
    thin = first.system.vms_service().add(
        types.Vm(name="thin", cluster=types.Cluster(name="Default"), template=types.Template(id=made.id))
    )
    until(lambda: first.system.vms_service().vm_service(thin.id).get().status == types.VmStatus.DOWN)
    loose = types.Disk(name="loose", format=types.DiskFormat.RAW, provisioned_size=MIB, description="mine")
    loose.storage_domains = [types.StorageDomain(id=domain.id)]
    floating = first.system.disks_service().add(loose)
    until(lambda: first.system.disks_service().disk_service(floating.id).get().status == types.DiskStatus.OK)

    there = taken_over(first, second, domain.id)
    cluster = types.Cluster(name="Default")
    with pytest.raises(sdk.Error, match=r"its template .* is not there") as caught:
        there.vms_service().vm_service(thin.id).register(cluster=cluster)
    assert caught.value.code == 409
    assert [one.name for one in there.templates_service().list(unregistered=True)] == ["golden"]
    there.templates_service().template_service(made.id).register(cluster=cluster, async_=False)
    assert there.templates_service().list(unregistered=True) == []
    there.vms_service().vm_service(thin.id).register(cluster=cluster, async_=False)
    assert second.system.vms_service().vm_service(thin.id).get().template.id == made.id

    (found,) = there.disks_service().list(unregistered=True)
    assert (found.id, found.name, found.description) == (floating.id, "loose", "mine")
    there.disks_service().add(types.Disk(id=floating.id, name="found"), unregistered=True)
    until(lambda: there.disks_service().list(unregistered=True) == [])
    assert second.system.disks_service().disk_service(floating.id).get().name == "found"


def test_networks_and_addresses_are_mapped(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    other = second.system.networks_service().add(
        types.Network(name="red", data_center=types.DataCenter(name="Default"), usages=[types.NetworkUsage.VM])
    )
    cluster = second.system.clusters_service().list()[0]
    networks = second.system.clusters_service().cluster_service(cluster.id).networks_service()
    networks.add(types.Network(id=other.id, required=False))
    (red,) = [one for one in second.system.vnic_profiles_service().list() if one.name == "red"]
    nic = first.system.vms_service().vm_service(made.id).nics_service().list()[0]
    taken = add_vm(second, types.StorageDomain(id=_data(second)), "other")
    nics = second.system.vms_service().vm_service(taken.id).nics_service()
    nics.nic_service(nics.list()[0].id).update(types.Nic(mac=nic.mac))

    there = taken_over(first, second, domain.id).vms_service().vm_service(made.id)
    given: dict[str, Any] = {
        "cluster": types.Cluster(name="Default"),
        "vm": types.Vm(name="renamed"),
        "vnic_profile_mappings": [
            types.VnicProfileMapping(
                source_network_name="ovirtmgmt",
                source_network_profile_name="ovirtmgmt",
                target_vnic_profile=types.VnicProfile(name="red"),
            )
        ],
    }
    with pytest.raises(sdk.Error, match="another NIC has it") as caught:
        there.register(**given)
    assert caught.value.code == 409
    there.register(**given, reassign_bad_macs=True, async_=False)
    vm = second.system.vms_service().vm_service(made.id)
    assert vm.get().name == "renamed"
    (here,) = vm.nics_service().list()
    assert here.vnic_profile.id == red.id
    assert here.mac.address != nic.mac.address


def _data(engine: Engine) -> str:
    return str(engine.system.storage_domains_service().list(search="name=data")[0].id)


def test_what_is_missing_can_be_left_out(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    service = taken_over(first, second, domain.id)
    there = service.vms_service().vm_service(made.id)
    for ref in [one for one in second.site.images if one.storage_domain == domain.id]:
        del second.site.images[ref]
    with pytest.raises(sdk.Error, match=r"Cannot register disk web-disk: its image .* is not on storage domain vms"):
        there.register(cluster=types.Cluster(name="Default"), async_=False)
    assert second.system.vms_service().list(search="name=web") == []
    assert len(second.events(1153)) == 1
    there.register(cluster=types.Cluster(name="Default"), allow_partial_import=True, async_=False)
    assert second.system.vms_service().vm_service(made.id).disk_attachments_service().list() == []
    assert second.events(1188) == ["VM web was registered without these disks: web-disk"]


@pytest.mark.parametrize(
    ("given", "code", "match"),
    [
        ({"cluster": types.Cluster(name="nowhere")}, 404, "no cluster has the name nowhere"),
        ({"clone": True}, 501, "action.clone"),
        ({"vm": types.Vm(name="a b")}, 400, "action.vm.name"),
        (
            {"vnic_profile_mappings": [types.VnicProfileMapping(target_vnic_profile=types.VnicProfile(name="x"))]},
            400,
            r"vnic_profile_mapping\[1\].target_vnic_profile",
        ),
        (
            {
                "registration_configuration": types.RegistrationConfiguration(
                    role_mappings=[types.RegistrationRoleMapping(from_=types.Role(name="A"), to=types.Role(name="B"))]
                )
            },
            501,
            "role_mappings",
        ),
    ],
    ids=["cluster", "clone", "name", "vnic_profile_mappings", "role_mappings"],
)
def test_what_is_not_carried_out_is_refused_by_name(
    first: Engine, second: Engine, given: dict[str, Any], code: int, match: str
) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    there = taken_over(first, second, domain.id).vms_service().vm_service(made.id)
    with pytest.raises(sdk.Error, match=match) as caught:
        there.register(**given)
    assert caught.value.code == code
    there.register(async_=False)  # its cluster is called the same here


def test_a_domain_that_another_engine_lost_is_imported_with_a_warning(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    add_vm(first, domain)
    first.of(domain.id).update_ovf_store(async_=False)
    bring_over(first, second)
    imported = second.import_domain(name="rescued", id=domain.id)
    assert (imported.name, imported.id) == ("rescued", domain.id)
    (warning,) = second.events(9802)
    assert "It was not detached" in warning
    second.attached.add(types.StorageDomain(id=imported.id))
    assert [one.name for one in second.of(domain.id).vms_service().list(unregistered=True)] == ["web"]
    assert second.site.metadata[NAS].name == "rescued"
    assert not any(one not in (domain.id, *_known(second)) for node in _nodes(second) for one in node.storage.mounted)


def _nodes(engine: Engine) -> list[Any]:
    return list(engine.served.world.nodes.values())


def _known(engine: Engine) -> set[str]:
    return {one.id for one in engine.system.storage_domains_service().list()}


def test_what_cannot_be_imported_is_refused(first: Engine, second: Engine) -> None:
    with pytest.raises(sdk.Error, match="nothing on it says that it is a storage domain"):
        second.import_domain()
    domain = a_domain(first)
    bring_over(first, second)
    with pytest.raises(sdk.Error, match=r"storage domain vms .* lies on it, not 0"):
        second.import_domain(id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(sdk.Error, match="Cannot use the name data: another storage domain has it"):
        second.import_domain(name="data")
    assert [one.name for one in second.system.storage_domains_service().list()] == ["data", "engine"]
    assert len(second.system.storage_connections_service().list()) == 2
    assert all(len(node.storage.mounted) == 2 for node in _nodes(second))
    with pytest.raises(sdk.Error, match="gets an id of its own") as caught:
        second.system.storage_domains_service().add(second.domain(name="x", id=domain.id))
    assert caught.value.code == 400


def test_what_stays_keeps_a_domain(first: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    vm = first.system.vms_service().vm_service(made.id)
    second_disk = types.Disk(name="elsewhere", format=types.DiskFormat.COW, provisioned_size=MIB)
    second_disk.storage_domains = [types.StorageDomain(id=_data(first))]
    attachment = types.DiskAttachment(disk=second_disk, interface=types.DiskInterface.VIRTIO, bootable=False)
    added = vm.disk_attachments_service().add(attachment)
    until(lambda: is_whole(first, vm))
    use = first.attached.storage_domain_service(domain.id)
    use.deactivate(async_=False)
    with pytest.raises(sdk.Error, match="other disks of these VMs and templates lie elsewhere: web") as caught:
        use.remove()
    assert caught.value.code == 409
    vm.disk_attachments_service().attachment_service(added.id).remove(detach_only=True, async_=False)
    vm.update(types.Vm(delete_protected=True))
    with pytest.raises(sdk.Error, match="protected from removal: web"):
        use.remove()
    vm.update(types.Vm(delete_protected=False))
    use.remove(async_=False)
    assert first.system.vms_service().list(search="name=web") == []
    assert [one.name for one in first.system.disks_service().list(search="name=elsewhere")] == ["elsewhere"]
