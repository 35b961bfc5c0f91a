"""Pools of VMs."""

from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import NO_ID, copied


def vm_pool(name: str) -> Fixture:
    """A stateless pool of one VM."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            template = next(one for one in system.templates_service().list() if one.name != "Blank")
            cluster = types.Cluster(id=system.clusters_service().list()[0].id)
            pool = types.VmPool(name=name, cluster=cluster, template=types.Template(id=template.id), size=1)
            system.vm_pools_service().add(pool, query={"async": "false"})

    fixture.__name__ = f"vm_pool_{name}"
    return fixture


def pool_in_use(name: str) -> Fixture:
    """Somebody has its VM, which runs."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            pools = connection.system_service().vm_pools_service()
            pools.pool_service(pools.list(search=f"name={name}")[0].id).allocate_vm(async_=False)

    fixture.__name__ = f"vm_pool_{name}_in_use"
    return fixture


def pool_with_no_id(site: Site) -> None:
    copied(site, "vm_pools", site.state().one("vm_pools", name="old"), name="old-copy", id=NO_ID)
