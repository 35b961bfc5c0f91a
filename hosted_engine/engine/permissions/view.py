"""The user's view (`Filter: true`): which objects one sees by one's permissions. The rules are oVirt's: roles of
administrators do not count here; one sees what one has a role on, what is below that if the role allows it, and so much
around it as is needed to work with it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.networks.model import Network, Nic, VnicProfile
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.permissions.access import Access, Grant
from hosted_engine.engine.permissions.model import SYSTEM_ID, Permission
from hosted_engine.engine.permissions.objects import THE_SYSTEM
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles.predefined import PROFILE_EDITOR_ID
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.users.model import EVERYONE_ID
from hosted_engine.engine.vms.model import Vm

Ids = frozenset[str]
Visible = Ids | None  # None: all of them


class View:
    def __init__(self, access: Access) -> None:
        self._access = access
        self._tx: Transaction = access.tx
        # That everybody may edit their own profile on the system shows them nothing of it.
        self._grants: tuple[Grant, ...] = tuple(
            grant
            for grant in access.grants
            if not grant.role.administrative and (grant.role.id, grant.target) != (PROFILE_EDITOR_ID, THE_SYSTEM)
        )
        self._known: dict[str, Visible] = {}

    def of(self, table: str) -> Visible:
        """The ids of its objects that one sees."""
        if table not in self._known:
            rule = _RULES.get(table, _directly)
            self._known[table] = rule(self, table)
        return self._known[table]

    def on(self, table: str, *, below: bool = False) -> tuple[str, ...]:
        """The objects on which one has a role; with `below` one that shows what is below them."""
        return tuple(
            grant.target.id
            for grant in self._grants
            if grant.target.table == table and (grant.role.allows_viewing_children or not below)
        )

    def on_system(self, *, below: bool = False) -> bool:
        return SYSTEM_ID in self.on("system", below=below)

    def ids(self, model: type[Any], **among: Iterable[str] | None) -> Ids:
        """Of the objects whose field is among those; of none where there are none."""
        if any(not values for values in among.values()):
            return frozenset()
        return frozenset(self._tx.of(model).ids(**{name: tuple(values or ()) for name, values in among.items()}))

    def items(self, model: type[Any], ids: Iterable[str]) -> list[Any]:
        wanted = tuple(ids)
        return list(self._tx.of(model).find(wanted).values()) if wanted else []

    def clusters_of_centers(self, *, below: bool) -> Ids:
        return self.ids(Cluster, data_center_id=self.on("data_centers", below=below))


def _directly(view: View, table: str) -> Visible:
    return None if view.on_system(below=True) else frozenset(view.on(table))


def _vms(view: View, table: str) -> Visible:
    if view.on_system(below=True):
        return None
    clusters = {*view.on("clusters", below=True), *view.clusters_of_centers(below=True)}
    return frozenset(view.on(table)) | view.ids(Vm, cluster_id=clusters)


def _templates(view: View, table: str) -> Visible:
    if view.on_system(below=True):
        return None
    of_vms = {vm.template_id for vm in view.items(Vm, view.on("vms"))}
    return frozenset({*view.on(table), *of_vms}) | view.ids(Template, cluster_id=view.clusters_of_centers(below=True))


def _clusters(view: View, table: str) -> Visible:
    if view.on_system():
        return None
    inside = [*view.items(Vm, view.on("vms")), *view.items(Template, view.on("templates"))]
    around = {one.cluster_id for one in inside if one.cluster_id}
    return frozenset({*view.on(table), *around}) | view.clusters_of_centers(below=False)


def _data_centers(view: View, table: str) -> Visible:
    if view.on_system():
        return None
    inside = {*view.on("clusters"), *(vm.cluster_id for vm in view.items(Vm, view.on("vms")))}
    return frozenset({*view.on(table), *(one.data_center_id for one in view.items(Cluster, inside))})


def _nodes(view: View, table: str) -> Visible:
    if view.on_system():
        return None
    clusters = {*view.on("clusters"), *view.clusters_of_centers(below=False)}
    return frozenset(view.on(table)) | view.ids(Node, cluster_id=clusters)


def _storage_domains(view: View, table: str) -> Visible:
    if view.on_system():
        return None
    vms = view.items(Vm, view.on("vms"))
    centers = {one.data_center_id for one in view.items(Cluster, {vm.cluster_id for vm in vms})}
    owners = {*view.on("templates"), *(vm.template_id for vm in vms)}
    disks = [one.disk_id for one in view.items(DiskAttachment, view.ids(DiskAttachment, owner_id=owners))]
    there = {disk.storage_domain_id for disk in view.items(Disk, [*disks, *view.on("disks")])}
    return frozenset({*view.on(table), *there}) | view.ids(
        StorageDomain, data_center_id={*centers, *view.on("data_centers")}
    )


def _disks(view: View, table: str) -> Visible:
    if view.on_system(below=True):
        return None
    owners = {*(view.of("vms") or ()), *(view.of("templates") or ())}
    attached = {one.disk_id for one in view.items(DiskAttachment, view.ids(DiskAttachment, owner_id=owners))}
    domains = {
        *view.on("storage_domains", below=True),
        *view.ids(StorageDomain, data_center_id=view.on("data_centers", below=True)),
    }
    return frozenset({*view.on(table), *attached}) | view.ids(Disk, storage_domain_id=domains)


def _vnic_profiles(view: View, table: str) -> Visible:
    if view.on_system(below=True):
        return None
    clusters = view.items(Cluster, view.on("clusters", below=True))
    centers = {*view.on("data_centers", below=True), *(cluster.data_center_id for cluster in clusters)}
    networks = {*view.on("networks", below=True), *view.ids(Network, data_center_id=centers)}
    nics = view.items(Nic, view.ids(Nic, owner_id={*view.on("vms"), *view.on("templates")}))
    used = {nic.vnic_profile_id for nic in nics if nic.vnic_profile_id}
    return frozenset({*view.on(table), *used}) | view.ids(VnicProfile, network_id=networks)


def _networks(view: View, table: str) -> Visible:
    profiles = view.of("vnic_profiles")
    if profiles is None:
        return None
    return frozenset({*view.on(table), *(one.network_id for one in view.items(VnicProfile, profiles))})


def _users(view: View, table: str) -> Visible:
    """Oneself; who may give permissions has to see to whom."""
    return None if view._access.may_grant else frozenset({view._access.caller.user_id or ""})


def _groups(view: View, table: str) -> Visible:
    return None if view._access.may_grant else frozenset({*view._access.caller.group_ids, EVERYONE_ID})


def _permissions(view: View, table: str) -> Visible:
    return view.ids(Permission, holder_id=view._access.holders)


_RULES: Mapping[str, Callable[[View, str], Visible]] = {
    "clusters": _clusters,
    "data_centers": _data_centers,
    "disks": _disks,
    "groups": _groups,
    "networks": _networks,
    "nodes": _nodes,
    "permissions": _permissions,
    "storage_domains": _storage_domains,
    "templates": _templates,
    "users": _users,
    "vms": _vms,
    "vnic_profiles": _vnic_profiles,
}
