"""Storage domains and connections."""

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import copied, renamed


def my_storage(name: str = "mydata") -> Fixture:
    return renamed("storage_domains", "data", name)


def unattached(name: str) -> Fixture:
    """A storage domain that belongs to no data center."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            add_domain(connection, name)

    fixture.__name__ = name
    return fixture


def add_domain(connection: sdk.Connection, name: str) -> types.StorageDomain:
    system = connection.system_service()
    wanted = types.StorageDomain(
        name=name,
        type=types.StorageDomainType.DATA,
        host=types.Host(id=system.hosts_service().list()[0].id),
        storage=types.HostStorage(type=types.StorageType.NFS, address="nas", path=f"/srv/{name}"),
    )
    return system.storage_domains_service().add(wanted)


def attached(name: str = "mydata") -> Fixture:
    """A second storage domain of the data center, which is active."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            centers = connection.system_service().data_centers_service()
            domains = centers.data_center_service(centers.list()[0].id).storage_domains_service()
            domains.add(types.StorageDomain(id=add_domain(connection, name).id))

    fixture.__name__ = name
    return fixture


def storage_connection(id: str) -> Fixture:
    """That no domain uses."""

    def fixture(site: Site) -> None:
        row = site.state().rows("storage_connections")[0]
        copied(site, "storage_connections", row, type="nfs", vfs_type="", address="nas", path="/srv", id=id)

    return fixture
