"""What keeps the engine alive while the engine is dead."""

from node.api.messages.ha import (
    EngineVmEdit,
    EngineVmReport,
    HaReport,
    MaintenanceRequest,
    SiteFilesReport,
    SiteFilesRequest,
    SiteNodes,
)
from node.api.operation import DELETE, GET, PUT, Operations, operation


class HaOperations(Operations):
    """The engine's availability"""

    @operation(GET, "/storagedomains/{storage_domain}/ha", since=3)
    async def site_files(self, storage_domain: str) -> SiteFilesReport:
        """Digests of the site's files on a storage domain."""

    @operation(PUT, "/storagedomains/{storage_domain}/ha", timeout_s=120, since=3)
    async def write_site_files(self, storage_domain: str, request: SiteFilesRequest) -> SiteFilesReport:
        """Write what any node needs to start the engine; files that are not named stay."""

    @operation(GET, "/storagedomains/{storage_domain}/ha/nodes", since=3)
    async def site_nodes(self, storage_domain: str) -> SiteNodes:
        """The nodes that keep the engine alive."""

    @operation(PUT, "/storagedomains/{storage_domain}/ha/nodes", timeout_s=120, since=3)
    async def set_site_nodes(self, storage_domain: str, nodes: SiteNodes) -> SiteNodes:
        """These keep the engine alive from now on; all else that is written there about the site stays."""

    @operation(GET, "/storagedomains/{storage_domain}/ha/engine-vm", since=3)
    async def engine_vm(self, storage_domain: str) -> EngineVmReport:
        """The engine VM's configuration as it lies there."""

    @operation(PUT, "/storagedomains/{storage_domain}/ha/engine-vm", timeout_s=120, since=3)
    async def edit_engine_vm(self, storage_domain: str, edit: EngineVmEdit) -> EngineVmReport:
        """Let the engine VM's next start take other memory and processors."""

    @operation(GET, "/ha")
    async def ha(self) -> HaReport:
        """Whether trivet-ha runs here, and what it decided last."""

    @operation(PUT, "/ha", timeout_s=90)
    async def deploy_hosted_engine(self) -> HaReport:
        """trivet-ha runs on this node from now on and looks after the engine, also after every boot."""

    @operation(DELETE, "/ha", timeout_s=120)
    async def undeploy_hosted_engine(self) -> HaReport:
        """trivet-ha ends on this node and does not come back; no VM is touched."""

    @operation(PUT, "/ha/maintenance")
    async def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        """From now on, also after boots, this node gives the engine VM away and takes it no more. Other VMs, bricks,
        mounts and lockspaces stay as they are."""

    @operation(DELETE, "/ha/maintenance")
    async def end_maintenance(self) -> HaReport:
        """The node takes the engine VM again."""
