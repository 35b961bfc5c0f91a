"""The node's contract as an ASGI application: paths to resources, one gate, one place for errors."""

from falcon import HTTPError
from falcon.asgi import App, Request, Response

from node.api import paths
from node.api.contract import NodeApi
from node.server import ha, host, migration, storage, vms
from node.server.gate import Gate, Guard
from node.server.problems import answer_problem, no_such_path


def make_app(node: NodeApi, guard: Guard, *, mutual: bool) -> App[Request, Response]:
    """Serves `node` to whom `guard` and, with `mutual`, the client's certificate allow it."""
    app: App[Request, Response] = App(middleware=[Gate(guard, mutual=mutual)])
    for path, resource in (
        (paths.IDENTITY, host.IdentityResource(node)),
        (paths.CAPABILITIES, host.CapabilitiesResource(node)),
        (paths.STATISTICS, host.StatisticsResource(node)),
        (paths.EVENTS, host.EventsResource(node)),
        (paths.NAMES, host.NamesResource(node)),
        (paths.NETWORK, host.NetworkResource(node)),
        (paths.NETWORK_CHECKPOINT, host.CheckpointResource(node)),
        (paths.GLUSTER, storage.GlusterResource(node)),
        (paths.GLUSTER_STATE, storage.GlusterStateResource(node)),
        (paths.GLUSTER_FACTS, storage.GlusterFactsResource(node)),
        (paths.PEER, storage.PeerResource(node)),
        (paths.CLEAR_BRICK, storage.ClearBrickResource(node)),
        (paths.REMOVE_BRICK, storage.RemoveBrickResource(node)),
        (paths.VOLUME, storage.VolumeResource(node)),
        (paths.MOUNTS, storage.MountsResource(node)),
        (paths.MOUNT, storage.MountResource(node)),
        (paths.CONTENTS, storage.ContentsResource(node)),
        (paths.IMAGE, storage.ImageResource(node)),
        (paths.IMAGE_SIZE, storage.ImageSizeResource(node)),
        (paths.WIPE, storage.WipeResource(node)),
        (paths.SEED, storage.SeedResource(node)),
        (paths.LOCKSPACES, storage.LockspacesResource(node)),
        (paths.LOCKSPACE, storage.LockspaceResource(node)),
        (paths.LEASE_TIMERS, storage.LeaseTimersResource(node)),
        (paths.LEASE, storage.LeaseResource(node)),
        (paths.SITE_FILES, ha.SiteFilesResource(node)),
        (paths.ENGINE_VM, ha.EngineVmResource(node)),
        (paths.HA, ha.HaResource(node)),
        (paths.HA_MAINTENANCE, ha.MaintenanceResource(node)),
        (paths.MIGRATION, migration.MigrationResource(node)),
        (paths.VMS, vms.VmsResource(node)),
        (paths.VM, vms.VmResource(node)),
        (paths.VM_START, vms.VmStartResource(node)),
        (paths.VM_RESUME, vms.VmResumeResource(node)),
        (paths.VM_SHUTDOWN, vms.VmShutdownResource(node)),
        (paths.VM_DESTROY, vms.VmDestroyResource(node)),
        (paths.VM_CONSOLE, vms.VmConsoleResource(node)),
    ):
        app.add_route(path, resource)
    app.add_sink(no_such_path, "/")
    for kind in (Exception, HTTPError):  # falcon's own handler for HTTPError is the nearer one otherwise
        app.add_error_handler(kind, answer_problem)
    return app
