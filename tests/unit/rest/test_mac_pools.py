"""MAC pools through the unmodified SDK, and the NICs that have their addresses from them."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.conftest import Described

SMALL = [types.Range(from_="02:00:00:00:00:00", to="02:00:00:00:00:01")]


@pytest.fixture
def pool(system: services.SystemService) -> Iterator[types.MacPool]:
    """With two addresses, and the cluster's."""
    made = system.mac_pools_service().add(types.MacPool(name="mymacpool", ranges=SMALL))
    default = next(one for one in system.mac_pools_service().list() if one.default_pool)
    use(system, made)
    yield made
    use(system, default)
    for one in system.mac_pools_service().list():
        if not one.default_pool:
            system.mac_pools_service().mac_pool_service(one.id).remove()


@pytest.fixture
def nics(system: services.SystemService) -> Iterator[services.VmNicsService]:
    vms = system.vms_service()
    vm = vms.add(types.Vm(name="myvm", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank")))
    yield vms.vm_service(vm.id).nics_service()
    vms.vm_service(vm.id).remove()


def use(system: services.SystemService, pool: types.MacPool) -> None:
    """As the SDK's example has it."""
    (cluster,) = system.clusters_service().list(search="name=Default")
    service = system.clusters_service().cluster_service(cluster.id)
    assert service.update(types.Cluster(mac_pool=types.MacPool(id=pool.id))).mac_pool.id == pool.id


def test_a_site_begins_with_the_default_pool(system: services.SystemService, nics: services.VmNicsService) -> None:
    (pool,) = system.mac_pools_service().list()
    assert (pool.name, pool.default_pool, pool.allow_duplicates) == ("Default", True, False)
    (only,) = pool.ranges
    assert only.from_.startswith("56:6f:")
    assert (only.from_[:11], only.from_[11:], only.to[11:]) == (only.to[:11], ":00:00", ":ff:ff")
    assert system.clusters_service().list()[0].mac_pool.id == pool.id
    assert only.from_ <= nics.add(types.Nic(name="nic1")).mac.address <= only.to
    with pytest.raises(sdk.Error, match="it is the pool of clusters that name none"):
        system.mac_pools_service().mac_pool_service(pool.id).remove()


def test_a_pool_is_added_changed_and_removed(system: services.SystemService, described: Described) -> None:
    pools = system.mac_pools_service()
    made = pools.add(types.MacPool(name="other pool", description="of the plant", ranges=SMALL, allow_duplicates=True))
    service = pools.mac_pool_service(made.id)
    more = [*SMALL, types.Range(from_="06-00-00-00-00-AA", to="06:00:00:00:00:FF")]
    changed = service.update(types.MacPool(ranges=more, default_pool=False))
    assert [(one.from_, one.to) for one in changed.ranges][1] == ("06:00:00:00:00:aa", "06:00:00:00:00:ff")
    now = service.get()
    assert (now.name, now.description, now.allow_duplicates) == ("other pool", "of the plant", True)
    service.remove()
    with pytest.raises(sdk.NotFoundError):
        service.get()
    assert all(any("other pool" in one for one in described(code)) for code in (10700, 10702, 10704))


def test_nics_have_addresses_of_their_clusters_pool_until_it_is_empty(
    pool: types.MacPool, nics: services.VmNicsService
) -> None:
    made = [nics.add(types.Nic(name=name)) for name in ("nic1", "nic2")]
    assert {nic.mac.address for nic in made} == {SMALL[0].from_, SMALL[0].to}
    with pytest.raises(sdk.Error, match="MAC pool mymacpool: all of its 2 addresses are in use") as caught:
        nics.add(types.Nic(name="nic3"))
    assert caught.value.code == 409
    nics.nic_service(made[0].id).remove()
    assert nics.add(types.Nic(name="nic3")).mac.address == made[0].mac.address


def test_an_address_may_be_given_also_from_outside_and_is_had_once(
    system: services.SystemService, pool: types.MacPool, nics: services.VmNicsService
) -> None:
    outside = types.Mac(address="0A:00:00:00:00:07")
    one = nics.add(types.Nic(name="nic1", mac=outside))
    assert one.mac.address == "0a:00:00:00:00:07"
    with pytest.raises(sdk.Error, match="another NIC has it"):
        nics.add(types.Nic(name="nic2", mac=outside))
    service = system.mac_pools_service().mac_pool_service(pool.id)
    service.update(types.MacPool(allow_duplicates=True))
    two = nics.add(types.Nic(name="nic2", mac=outside))
    with pytest.raises(sdk.Error, match="several NICs have 0a:00:00:00:00:07"):
        service.update(types.MacPool(allow_duplicates=False))
    (default,) = [one for one in system.mac_pools_service().list() if one.default_pool]
    with pytest.raises(sdk.Error, match="Cannot give cluster Default MAC pool Default: several NICs have 0a:00"):
        use(system, default)
    nics.nic_service(two.id).update(types.Nic(mac=types.Mac(address="0a:00:00:00:00:08")))
    assert service.update(types.MacPool(allow_duplicates=False)).allow_duplicates is False


def test_a_pool_in_use_stays(system: services.SystemService, pool: types.MacPool) -> None:
    with pytest.raises(sdk.Error, match="it is used by cluster Default") as caught:
        system.mac_pools_service().mac_pool_service(pool.id).remove()
    assert caught.value.code == 409


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (types.MacPool(ranges=SMALL), r"MacPool \[name\] required for add"),
        (types.MacPool(name="x"), r"MacPool \[ranges\] required for add"),
        (types.MacPool(name="x", ranges=[types.Range(from_="a")]), r"mac_pool\.ranges\.from.*six pairs"),
        (types.MacPool(name="x", ranges=SMALL * 2), "overlaps with"),
        (types.MacPool(name="x", ranges=SMALL), "addresses of it are in MAC pool mymacpool"),
        (types.MacPool(name="mymacpool", ranges=[types.Range(from_="06:00:00:00:00:00", to="06:00:00:00:00:00")]),
         "another MAC pool has it already"),
        (types.MacPool(name="x", default_pool=True, ranges=SMALL), r"mac_pool\.default_pool cannot be set to true"),
        (types.MacPool(name="x", comment="y", ranges=SMALL), r"mac_pool\.comment = y is not there yet"),
    ],
)  # fmt: skip
def test_a_pool_that_cannot_be_is_refused_by_name(
    system: services.SystemService, pool: types.MacPool, given: types.MacPool, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.mac_pools_service().add(given)
    assert len(system.mac_pools_service().list()) == 2
