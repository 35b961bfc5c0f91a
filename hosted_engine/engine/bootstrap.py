"""Fills an empty store with the site as the deploy made it. Pure; ids follow from the engine VM's, so that they are the
same when it is done again."""

import uuid

import gluster.mount
from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter, DataCenterStatus
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskFormat, DiskInterface, attachment_id
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID, DEFAULT_MAC_POOL_ID
from hosted_engine.engine.instancetypes.entity import FIRST_ONES
from hosted_engine.engine.instancetypes.model import InstanceType
from hosted_engine.engine.macpools.model import MacPool, MacRange
from hosted_engine.engine.networks.model import ROLES, ClusterNetwork, Network, VnicProfile
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.scheduler.entity import NO_BALANCING, SchedulingPolicy
from hosted_engine.engine.snapshots.model import Snapshot, active_of
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.users.site_import import FirstUser, import_users
from hosted_engine.engine.vms.model import BiosType, Origin, Vm, VmStatus
from hosted_engine.site import Site, SiteTemplate, SiteVolume
from node.api.messages.images import ImageFormat
from node.api.messages.mounts import HOSTED_ENGINE

BLANK_MEMORY_BYTES = 1 << 30
MAX_MEMORY_FACTOR = 4


def import_site(tx: Transaction, site: Site, now: float) -> bool:
    """False when the store knows a site already."""
    if tx.data_centers.count():
        return False
    _Bootstrap(tx, site, now).all()
    return True


class _Bootstrap:
    def __init__(self, tx: Transaction, site: Site, now: float) -> None:
        self._tx = tx
        self._site = site
        self._now = now
        self._data_center_id = self._id("data center", site.data_center)
        self._cluster_id = self._id("cluster", site.cluster)
        self._network_id = self._id("network", site.management_network)

    def all(self) -> None:
        self._frame()
        for node in self._site.nodes:
            self._tx.nodes.add(
                Node(
                    id=node.id,
                    name=node.name,
                    hostname=node.name,
                    cluster_id=self._cluster_id,
                    address=node.address,
                    host_id=node.host_id,
                )
            )
        for volume in self._site.volumes:
            self._domain(volume)
        self._blank()
        for instance_type in FIRST_ONES:
            self._tx.of(InstanceType).add(instance_type)
        for template in self._site.templates:
            self._template(template)
        self._engine_vm()
        name = self._site.admin_user
        admin = FirstUser(id=self._id("user", name), login=name, password_hash=self._site.admin_password_hash)
        import_users(self._tx, admin, self._now)

    def _frame(self) -> None:
        site = self._site
        self._tx.data_centers.add(
            DataCenter(id=self._data_center_id, name=site.data_center, local=False, status=DataCenterStatus.UP)
        )
        self._tx.networks.add(
            Network(
                id=self._network_id,
                name=site.management_network,
                data_center_id=self._data_center_id,
                bridge=site.management_network,
                description="Management Network",
            )
        )
        profile_id = self._id("vNIC profile", site.management_network)
        self._tx.vnic_profiles.add(
            VnicProfile(id=profile_id, name=site.management_network, network_id=self._network_id)
        )
        self._mac_pool()
        self._tx.of(SchedulingPolicy).add(NO_BALANCING)
        self._tx.clusters.add(
            Cluster(
                id=self._cluster_id,
                name=site.cluster,
                data_center_id=self._data_center_id,
                bios_type=BiosType.Q35_SEA_BIOS,
                gluster_service=True,
            )
        )
        self._tx.of(ClusterNetwork).add(
            ClusterNetwork(
                id=f"{self._cluster_id}/{self._network_id}",
                cluster_id=self._cluster_id,
                network_id=self._network_id,
                usages=tuple(sorted(ROLES)),
            )
        )

    def _mac_pool(self) -> None:
        """64 Ki addresses behind oVirt's prefix; which ones differs from site to site."""
        one, other = (byte % 255 for byte in uuid.UUID(self._id("MAC pool", "Default")).bytes[:2])
        prefix = f"56:6f:{one:02x}:{other:02x}"
        self._tx.of(MacPool).add(
            MacPool(
                id=DEFAULT_MAC_POOL_ID,
                name="Default",
                description="Default MAC pool",
                ranges=(MacRange(f"{prefix}:00:00", f"{prefix}:ff:ff"),),
                default_pool=True,
            )
        )

    def _domain(self, volume: SiteVolume) -> None:
        first, *others = dict.fromkeys(brick.partition(":")[0] for brick in volume.bricks)
        own = volume.name == HOSTED_ENGINE
        connection = StorageConnection(
            id=self._id("storage connection", volume.name),
            type=StorageType.GLUSTERFS,
            address=first,
            path=f"/{volume.name}",
            vfs_type=StorageType.GLUSTERFS.value,
            mount_options=",".join(gluster.mount.backup_options(others)),
        )
        self._tx.of(StorageConnection).add(connection)
        self._tx.storage_domains.add(
            StorageDomain(
                id=volume.id,
                name=volume.name,
                data_center_id=self._data_center_id,
                storage_connection_id=connection.id,
                master=not own and not self._tx.storage_domains.count(master=True),
                hosted_engine=own,
            )
        )

    def _blank(self) -> None:
        self._tx.templates.add(
            Template(
                id=BLANK_TEMPLATE_ID,
                name="Blank",
                cluster_id=None,
                description="Blank template",
                memory_bytes=BLANK_MEMORY_BYTES,
                memory_guaranteed_bytes=BLANK_MEMORY_BYTES,
                memory_max_bytes=BLANK_MEMORY_BYTES * MAX_MEMORY_FACTOR,
                base_template_id=BLANK_TEMPLATE_ID,
                created_at=self._now,
            )
        )

    def _template(self, given: SiteTemplate) -> None:
        self._tx.templates.add(
            Template(
                id=given.id,
                name=given.name,
                cluster_id=self._cluster_id,
                memory_bytes=given.memory_bytes,
                memory_guaranteed_bytes=given.memory_bytes,
                memory_max_bytes=given.memory_bytes * MAX_MEMORY_FACTOR,
                base_template_id=given.id,
                created_at=self._now,
            )
        )
        disk = Disk(
            id=given.image.disk_id,
            name=given.name,
            storage_domain_id=given.image.storage_domain,
            image_id=given.image.image_id,
            provisioned_size_bytes=given.virtual_size_bytes,
            format=DiskFormat.COW if given.format is ImageFormat.QCOW2 else DiskFormat.RAW,
            created_at=self._now,
        )
        self._tx.disks.add(disk)
        self._tx.disk_attachments.add(
            DiskAttachment(
                id=attachment_id(given.id, disk.id),
                owner_id=given.id,
                disk_id=disk.id,
                interface=DiskInterface.VIRTIO,
                bootable=True,
            )
        )

    def _engine_vm(self) -> None:
        """It is up, or nobody would read this; the node that runs it will say so."""
        engine = self._site.engine
        self._tx.vms.add(
            Vm(
                id=engine.id,
                name=engine.name,
                cluster_id=self._cluster_id,
                template_id=BLANK_TEMPLATE_ID,
                description="The engine itself",
                memory_bytes=engine.memory_bytes,
                memory_guaranteed_bytes=engine.memory_bytes,
                memory_max_bytes=engine.memory_bytes,
                sockets=engine.vcpus,
                status=VmStatus.UP,
                origin=Origin.MANAGED_HOSTED_ENGINE,
                display_type=None,
                delete_protected=True,
                high_availability=True,
                created_at=self._now,
                started_at=self._now,
            )
        )
        snapshot_id = self._id("snapshot", engine.name)
        self._tx.of(Snapshot).add(active_of(engine.id, snapshot_id, self._now))

    def _id(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self._site.engine.id), f"{kind} {name}"))
