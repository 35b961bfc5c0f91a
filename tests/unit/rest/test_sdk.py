"""The unmodified Python SDK against the engine over fake nodes: what a user does on the first day, and does wrongly."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.fakes.engine import DATA_ID, TINY_ID
from tests.unit.rest.server import Served, served
from tests.unit.rest.waiting import until

GIB = 1 << 30


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture
def system(site: Served) -> Iterator[sdk.services.SystemService]:
    connection = site.connection()
    yield connection.system_service()
    connection.close()


def add_vm(system: sdk.services.SystemService, name: str, template: str = "tiny") -> types.Vm:
    vm = types.Vm(name=name, cluster=types.Cluster(name="Default"), template=types.Template(name=template))
    added = system.vms_service().add(vm)
    service = system.vms_service().vm_service(added.id)
    until(lambda: service.get().status == types.VmStatus.DOWN)
    return added


def test_the_connection_and_what_is_behind_it(site: Served) -> None:
    with site.connection() as connection:
        assert connection.test(raise_exception=True)
        api = connection.system_service().get()
        assert api.product_info.version.major == 4
        assert api.summary.hosts.active == 3
        assert api.special_objects.blank_template.id == "0" * 8 + "-0000-0000-0000-" + "0" * 12
        assert api.authenticated_user.id


def test_a_wrong_password_is_told_as_one(site: Served) -> None:
    with site.connection("wrong") as connection, pytest.raises(sdk.AuthError, match="access_denied"):
        connection.system_service().get()


def test_a_token_that_is_over_is_fetched_again(site: Served) -> None:
    with site.connection() as first, site.connection() as second:
        first.authenticate()
        second._sso_token = first._sso_token
        first.close()
        assert second.test(raise_exception=True)


def test_the_site_as_it_was_made(system: sdk.services.SystemService) -> None:
    hosts = system.hosts_service().list()
    assert sorted(host.name for host in hosts) == ["node1", "node2", "node3"]
    assert {host.status for host in hosts} == {types.HostStatus.UP}
    assert [cluster.name for cluster in system.clusters_service().list()] == ["Default"]
    assert [center.status for center in system.data_centers_service().list()] == [types.DataCenterStatus.UP]
    domains = system.storage_domains_service().list(search="name=data")
    assert [(d.name, d.storage.type) for d in domains] == [("data", types.StorageType.GLUSTERFS)]
    assert {"Blank", "tiny"} == {template.name for template in system.templates_service().list()}
    assert [network.name for network in system.networks_service().list()] == ["ovirtmgmt"]
    assert [profile.name for profile in system.vnic_profiles_service().list()] == ["ovirtmgmt"]
    network = system.networks_service().network_service(system.networks_service().list()[0].id)
    assert [profile.name for profile in network.vnic_profiles_service().list()] == ["ovirtmgmt"]
    center = system.data_centers_service().list()[0]
    attached = system.data_centers_service().data_center_service(center.id).storage_domains_service().list()
    assert {d.status for d in attached} == {types.StorageDomainStatus.ACTIVE}


def test_a_vm_from_the_first_day_to_the_last(system: sdk.services.SystemService) -> None:
    vms = system.vms_service()
    added = add_vm(system, "first")
    service = vms.vm_service(added.id)
    nic = types.Nic(name="nic1", vnic_profile=types.VnicProfile(id=system.vnic_profiles_service().list()[0].id))
    nic = service.nics_service().add(nic)
    assert nic.mac.address.count(":") == 5
    nic = service.nics_service().nic_service(nic.id).update(types.Nic(vnic_profile=types.VnicProfile()))
    assert nic.vnic_profile is None
    disk = types.Disk(
        name="second",
        provisioned_size=GIB,
        format=types.DiskFormat.COW,
        storage_domains=[types.StorageDomain(name="data")],
    )
    attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO_SCSI, bootable=False, active=True)
    attachment = service.disk_attachments_service().add(attachment)
    second = system.disks_service().disk_service(attachment.disk.id)
    until(lambda: second.get().status == types.DiskStatus.OK)
    assert second.get().provisioned_size == GIB
    assert len(service.disk_attachments_service().list()) == 2
    attached = service.disk_attachments_service().attachment_service(attachment.id)
    attached.update(types.DiskAttachment(disk=types.Disk(provisioned_size=2 * GIB)))
    assert second.get().provisioned_size == 2 * GIB
    assert attached.update(types.DiskAttachment(bootable=False, disk=types.Disk(name="second"))).bootable is False

    service.start()
    until(lambda: service.get().status == types.VmStatus.UP)
    host = system.hosts_service().host_service(service.get().host.id)
    assert host.get().summary.active >= 1
    with pytest.raises(sdk.Error, match="first") as caught:
        service.remove()
    assert caught.value.code == 409
    service.stop()
    until(lambda: service.get().status == types.VmStatus.DOWN)
    service.remove()

    def gone() -> bool:
        return bool(vms.list(search="name=first") == [])

    until(gone)
    with pytest.raises(sdk.NotFoundError):
        service.get()
    assert system.disks_service().list(search="name=second") == []
    assert {53, 153, 113} <= {event.code for event in system.events_service().list(max=100)}


def test_following_links_and_the_follow_parameter(site: Served, system: sdk.services.SystemService) -> None:
    added = add_vm(system, "linked")
    with site.connection() as connection:
        vm = (
            connection.system_service()
            .vms_service()
            .list(search="name=linked", follow="disk_attachments.disk,cluster")[0]
        )
        assert vm.cluster.name == "Default"
        assert vm.disk_attachments[0].disk.storage_domains[0].id == DATA_ID
        vm = connection.system_service().vms_service().vm_service(added.id).get()
        assert [nic.name for nic in connection.follow_link(vm.nics)] == []
        assert connection.follow_link(vm.template).id == TINY_ID


def test_searches(system: sdk.services.SystemService) -> None:
    for name in ("s-1", "s-2", "s-3"):
        add_vm(system, name, "Blank")
    vms = system.vms_service()

    def names(search: str, **parameters: object) -> list[str]:
        return [vm.name for vm in vms.list(search=search, **parameters)]

    assert names("name=s-* sortby name desc") == ["s-3", "s-2", "s-1"]
    assert names("name=s-* and clusters.name=Default sortby name page 2", max=2) == ["s-3"]
    assert names("name=S-1") == ["s-1"]
    assert names("name=S-1", case_sensitive=True) == []
    assert names("template=Blank and name=s-1") == ["s-1"]
    with pytest.raises(sdk.Error, match="no field colour") as caught:
        vms.list(search="colour=red")
    assert caught.value.code == 400


def test_a_disk_of_its_own(system: sdk.services.SystemService) -> None:
    disk = types.Disk(
        name="floating",
        provisioned_size=GIB,
        format=types.DiskFormat.RAW,
        storage_domains=[types.StorageDomain(id=DATA_ID)],
    )
    added = system.disks_service().add(disk)
    service = system.disks_service().disk_service(added.id)
    until(lambda: service.get().status == types.DiskStatus.OK)
    assert [d.name for d in system.disks_service().list(search="alias=floating")] == ["floating"]
    service.remove()
    until(lambda: system.disks_service().list(search="alias=floating") == [])


def test_a_template_shows_its_disk(system: sdk.services.SystemService) -> None:
    template = system.templates_service().template_service(TINY_ID)
    assert len(template.disk_attachments_service().list()) == 1
    assert template.nics_service().list() == []


def test_a_vm_can_be_changed(system: sdk.services.SystemService) -> None:
    service = system.vms_service().vm_service(add_vm(system, "changing", "Blank").id)
    changed = service.update(types.Vm(name="changed", description="größer", memory=2 * GIB))
    assert (changed.name, changed.description, changed.memory) == ("changed", "größer", 2 * GIB)


def test_jobs_are_found_by_the_correlation_id(system: sdk.services.SystemService) -> None:
    vm = types.Vm(name="job", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank"))
    system.vms_service().add(vm, query={"correlation_id": "my-job"})
    jobs = system.jobs_service().list(search="correlation_id=my-job")
    assert [job.status for job in jobs] == [types.JobStatus.FINISHED]
    steps = system.jobs_service().job_service(jobs[0].id).steps_service().list()
    assert types.StepEnum.VALIDATING in [step.type for step in steps]
    mine = system.events_service().list(search="correlation_id=my-job")
    assert mine
    assert {event.correlation_id for event in mine} == {"my-job"}
    later = system.events_service().list(from_=int(mine[0].id))
    assert mine[0].id not in [event.id for event in later]


def tiny(**changes: object) -> types.Vm:
    parts = {"name": "x", "cluster": types.Cluster(name="Default"), "template": types.Template(name="tiny"), **changes}
    return types.Vm(**{name: part for name, part in parts.items() if part is not None})


@pytest.mark.parametrize(
    ("vm", "code", "message"),
    [
        (tiny(name=None), 400, r"Vm \[name\] required for add"),
        (tiny(cluster=None), 400, r"Vm \[cluster.id\|name\] required for add"),
        (tiny(name=None, template=types.Template()), 400, r"Vm \[name, template.id\|name\] required for add"),
        (tiny(name="with spaces"), 400, "only letters, digits"),
        (tiny(name="x" * 300), 400, "may have 255"),
        (tiny(cluster=types.Cluster(name="nowhere")), 404, "There is no cluster nowhere"),
        (tiny(template=types.Template(id="no-such-id")), 404, "There is no template no-such-id"),
        (tiny(memory=1), 400, "memory"),
    ],
)
def test_a_vm_that_cannot_be(system: sdk.services.SystemService, vm: types.Vm, code: int, message: str) -> None:
    before = len(system.vms_service().list())
    with pytest.raises(sdk.Error, match=message) as caught:
        system.vms_service().add(vm)
    assert caught.value.code == code
    assert caught.value.fault.reason
    assert len(system.vms_service().list()) == before


def test_a_name_twice_and_a_name_in_any_language(system: sdk.services.SystemService) -> None:
    name = "größe-日本-Ωμέγα"
    assert add_vm(system, name).name == name
    assert [vm.name for vm in system.vms_service().list(search=f'name="{name}"')] == [name]
    with pytest.raises(sdk.Error) as caught:
        system.vms_service().add(tiny(name=name))
    assert caught.value.code == 409
    assert name in caught.value.fault.detail


def test_what_is_not_there(system: sdk.services.SystemService) -> None:
    for service in (
        system.vms_service().vm_service("no-such-id"),
        system.disks_service().disk_service("no-such-id"),
        system.hosts_service().host_service("no-such-id"),
        system.templates_service().template_service("no-such-id"),
        system.events_service().event_service("no-such-id"),
        system.jobs_service().job_service("no-such-id"),
    ):
        with pytest.raises(sdk.NotFoundError):
            service.get()
    center = system.data_centers_service().data_center_service("no-such-id")
    cluster = system.clusters_service().cluster_service("no-such-id")
    domain = system.storage_domains_service().storage_domain_service("no-such-id")
    network = system.networks_service().network_service("no-such-id")
    for collection in (
        center.clusters_service(),
        center.networks_service(),
        center.storage_domains_service(),
        cluster.networks_service(),
        domain.disks_service(),
        network.vnic_profiles_service(),
    ):
        with pytest.raises(sdk.NotFoundError):
            collection.list()
    there = system.networks_service().list()[0]
    profile = system.vnic_profiles_service().list()[0]
    for item in (
        center.networks_service().network_service(there.id),
        cluster.networks_service().network_service(there.id),
        network.vnic_profiles_service().profile_service(profile.id),
        domain.disks_service().disk_service(system.disks_service().list()[0].id),
    ):
        with pytest.raises(sdk.NotFoundError):
            item.get()
    with pytest.raises(sdk.NotFoundError):
        system.vms_service().vm_service("no-such-id").start()
    found = system.clusters_service().list()[0]
    with pytest.raises(sdk.Error, match=r"GlusterVolumes\.list is not there yet") as caught:
        system.clusters_service().cluster_service(found.id).gluster_volumes_service().list()
    assert caught.value.code == 501
