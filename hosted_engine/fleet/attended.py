"""A node's contract whose calls end as soon as the node is known to be silent."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from hosted_engine.fleet.watch import Watch
from node.api.contract import NodeApi
from node.api.messages.events import Event

P = ParamSpec("P")
T = TypeVar("T")
Operation = Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]


def _attended(operation: Operation[P, T]) -> Operation[P, T]:
    """The operation of that name, asked of the node that the instance's watch is on."""

    async def ask(node: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        watch: Watch = node.watch
        call: Callable[P, Coroutine[Any, Any, T]] = getattr(watch.api, operation.__name__)
        return await watch.while_heard(call(*args, **kwargs))

    return ask


class AttendedNode:
    """Implements node.api.contract.NodeApi; mypy says so where one is handed out as a node."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def events(self) -> AsyncIterator[Event]:
        """They end by themselves when the node falls silent."""
        return self.watch.api.events()

    identity = _attended(NodeApi.identity)
    claim = _attended(NodeApi.claim)
    leave = _attended(NodeApi.leave)
    capabilities = _attended(NodeApi.capabilities)
    statistics = _attended(NodeApi.statistics)
    names = _attended(NodeApi.names)
    set_names = _attended(NodeApi.set_names)
    network = _attended(NodeApi.network)
    change_network = _attended(NodeApi.change_network)
    confirm_network = _attended(NodeApi.confirm_network)
    roll_back_network = _attended(NodeApi.roll_back_network)
    gluster = _attended(NodeApi.gluster)
    gluster_state = _attended(NodeApi.gluster_state)
    gluster_facts = _attended(NodeApi.gluster_facts)
    add_peer = _attended(NodeApi.add_peer)
    remove_peer = _attended(NodeApi.remove_peer)
    clear_brick = _attended(NodeApi.clear_brick)
    remove_brick = _attended(NodeApi.remove_brick)
    make_volume = _attended(NodeApi.make_volume)
    remove_volume = _attended(NodeApi.remove_volume)
    mounts = _attended(NodeApi.mounts)
    mount = _attended(NodeApi.mount)
    unmount = _attended(NodeApi.unmount)
    contents = _attended(NodeApi.contents)
    make_image = _attended(NodeApi.make_image)
    resize_image = _attended(NodeApi.resize_image)
    make_seed = _attended(NodeApi.make_seed)
    image = _attended(NodeApi.image)
    remove_image = _attended(NodeApi.remove_image)
    wipe_image = _attended(NodeApi.wipe_image)
    lockspaces = _attended(NodeApi.lockspaces)
    join_lockspace = _attended(NodeApi.join_lockspace)
    leave_lockspace = _attended(NodeApi.leave_lockspace)
    lease_timers = _attended(NodeApi.lease_timers)
    set_lease_timers = _attended(NodeApi.set_lease_timers)
    make_lease = _attended(NodeApi.make_lease)
    lease = _attended(NodeApi.lease)
    site_files = _attended(NodeApi.site_files)
    write_site_files = _attended(NodeApi.write_site_files)
    engine_vm = _attended(NodeApi.engine_vm)
    edit_engine_vm = _attended(NodeApi.edit_engine_vm)
    ha = _attended(NodeApi.ha)
    keep_engine = _attended(NodeApi.keep_engine)
    release_engine = _attended(NodeApi.release_engine)
    begin_maintenance = _attended(NodeApi.begin_maintenance)
    end_maintenance = _attended(NodeApi.end_maintenance)
    migration = _attended(NodeApi.migration)
    allow_migration = _attended(NodeApi.allow_migration)
    vms = _attended(NodeApi.vms)
    vm = _attended(NodeApi.vm)
    define_vm = _attended(NodeApi.define_vm)
    start_vm = _attended(NodeApi.start_vm)
    resume_vm = _attended(NodeApi.resume_vm)
    shutdown_vm = _attended(NodeApi.shutdown_vm)
    destroy_vm = _attended(NodeApi.destroy_vm)
    undefine_vm = _attended(NodeApi.undefine_vm)
    console_log = _attended(NodeApi.console_log)
