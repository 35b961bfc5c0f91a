"""What can happen to a simulated cluster: lines of text, `TIME COMMAND WORDS`, read and carried out.

power off NODE | power on NODE | reset NODE        its power
freeze NODE SECONDS                                nothing on it goes on for a while
crash NODE after STEP [ACTION]                     power fails in its daemon's next round after look, decide,
                                                   write, act; or in the middle of its write: torn
cut NODE [NODE] | heal NODE [NODE] | heal all      the network: of one to all others, or one link
storage cut|heal NODE                              the volume from one host, whatever the network does
storage stall NODE|all SECONDS | storage full | storage free
ha kill|stop|start NODE                            its daemon; a killed one is started again
vm kill|pause|hang|recover|reboot|stick            the engine VM, wherever it is (stick: QEMU cannot be killed)
start breaks|works NODE | migration breaks|works NODE | device breaks|works NODE
maintenance global|none | maintenance local NODE | activate NODE
set NODE network|load|memory|bridge|config VALUE   what it measures of itself
lie NODE vm|health|lease VALUE | truth NODE        its monitors
lag NODE SECONDS                                   its health monitor is so much slower
block NODE zeroed|torn|future|foreign|other        its block on the whiteboard is written over
cluster zeroed|torn|one-torn|future                the cluster's
lease unreadable|readable
clock NODE SECONDS                                 its wall clock jumps
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hosted_engine.ha.simulation.cluster import Cluster
from hosted_engine.ha.simulation.damage import damaged_block, damaged_cluster
from hosted_engine.ha.simulation.host import Faults, Host
from hosted_engine.ha.states import Action, Health, LeaseState, VmState


class BadEvent(ValueError):
    """A line that says nothing known, with its number."""


@dataclass(frozen=True, slots=True)
class Event:
    at: float
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.at:g} {' '.join(self.arguments)}"


def parse_events(text: str) -> tuple[Event, ...]:
    """In the order of their times; `#` begins a comment."""
    events = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            events.append(Event(float(words[0]), tuple(words[1:])))
        except ValueError as err:
            raise BadEvent(f"line {number}: {words[0]} is not a time in seconds") from err
        if len(words) < 2 or words[1] not in COMMANDS:
            raise BadEvent(f"line {number}: {' '.join(words[1:]) or 'nothing'} is not a known event")
    return tuple(sorted(events, key=lambda event: event.at))


def happen(cluster: Cluster, event: Event) -> None:
    cluster.log("event", " ".join(event.arguments))
    command, *words = event.arguments
    try:
        COMMANDS[command](cluster, *words)
    except (TypeError, ValueError, KeyError) as err:
        raise BadEvent(f"{event}: {err}") from err
    cluster.disturbed()


def _host(cluster: Cluster, name: str) -> Host:
    return cluster.hosts[int(name.removeprefix("node"))]


def _power(cluster: Cluster, what: str, name: str) -> None:
    host = _host(cluster, name)
    if what == "on":
        host.power_on(cluster.now)
    elif what == "off":
        host.power_off("loses power")
    else:
        raise ValueError(what)


def _reset(cluster: Cluster, name: str) -> None:
    _power(cluster, "off", name)
    _power(cluster, "on", name)


def _freeze(cluster: Cluster, name: str, seconds: str) -> None:
    cluster.freeze(_host(cluster, name), float(seconds))


def _crash(cluster: Cluster, name: str, after: str, step: str, action: str | None = None) -> None:
    _host(cluster, name).faults.crash = (step, None if action is None else Action(action))


def _links(cluster: Cluster, one: str, other: str | None) -> set[frozenset[int]]:
    host = _host(cluster, one)
    if other is not None:
        return {frozenset((host.host_id, _host(cluster, other).host_id))}
    return {frozenset((host.host_id, peer)) for peer in cluster.peers[host.host_id]}


def _cut(cluster: Cluster, one: str, other: str | None = None) -> None:
    cluster.cut |= _links(cluster, one, other)
    cluster.topology_changed()


def _heal(cluster: Cluster, one: str, other: str | None = None) -> None:
    if one == "all":
        cluster.cut.clear()
    else:
        cluster.cut -= _links(cluster, one, other)
    cluster.topology_changed()


def _storage(cluster: Cluster, what: str, name: str = "all", seconds: str = "0") -> None:
    hosts = list(cluster.hosts.values()) if name == "all" else [_host(cluster, name)]
    for host in hosts:
        if what in ("cut", "heal"):
            host.client.cut = what == "cut"
        elif what == "stall":
            host.client.stalled_until = cluster.now + float(seconds)
        elif what in ("full", "free"):
            cluster.volume.full = what == "full"
        else:
            raise ValueError(what)


def _ha(cluster: Cluster, what: str, name: str) -> None:
    host = _host(cluster, name)
    if what == "kill":
        host.kill_daemon(cluster.now)
    elif what == "stop":
        host.stop_daemon()
    else:
        host.daemon_at = cluster.now


def _vm(cluster: Cluster, what: str) -> None:
    for host in cluster.hosts.values():
        vm = host.vm
        if vm is None or not vm.executes:
            continue
        match what:
            case "kill":
                host.end_vm("QEMU was killed")
            case "pause":
                vm.state = VmState.PAUSED
            case "hang" | "recover":
                vm.hung = what == "hang"
            case "reboot":
                vm.booted_at, vm.hung = cluster.now, False
            case "stick":
                vm.stuck = vm.hung = True
            case _:
                raise ValueError(what)


def _start(cluster: Cluster, what: str, name: str) -> None:
    _host(cluster, name).faults.broken_start = what == "breaks"


def _migration(cluster: Cluster, what: str, name: str) -> None:
    _host(cluster, name).faults.broken_migration = what == "breaks"


def _device(cluster: Cluster, what: str, name: str) -> None:
    _host(cluster, name).faults.broken_fence_device = what == "breaks"


def _maintenance(cluster: Cluster, what: str, name: str | None = None) -> None:
    if name is not None and what == "local":
        _host(cluster, name).local_maintenance = True
    elif what in ("global", "none"):
        cluster.set_maintenance(on=what == "global")
    else:
        raise ValueError(what)


def _activate(cluster: Cluster, name: str) -> None:
    _host(cluster, name).local_maintenance = False


def _restart(cluster: Cluster, name: str) -> None:
    _host(cluster, name).restart_asked_at = cluster.now


def _set(cluster: Cluster, name: str, what: str, value: str) -> None:
    host, known = _host(cluster, name), value != "null"
    match what:
        case "network":
            host.measurements = replace(host.measurements, network=float(value) if known else None)
        case "load":
            load = float(value) if known else None
            history = ((cluster.now - 60, load), (cluster.now, load))
            host.measurements = replace(host.measurements, cpu_history=history)
        case "memory":
            host.measurements = replace(host.measurements, memory_free_mib=float(value) if known else None)
        case "bridge":
            host.measurements = replace(host.measurements, bridge=value == "up")
        case "config":
            host.measurements = replace(host.measurements, config_fresh=value == "fresh")
        case _:
            raise ValueError(what)


def _lie(cluster: Cluster, name: str, what: str, value: str) -> None:
    faults = _host(cluster, name).faults
    match what:
        case "vm":
            faults.vm = VmState(value)
        case "health":
            faults.health = Health(value)
        case "lease":
            faults.lease = (LeaseState(value), None)
        case _:
            raise ValueError(what)


def _truth(cluster: Cluster, name: str) -> None:
    host = _host(cluster, name)
    old = host.faults
    host.faults = Faults(old.broken_start, old.broken_migration, old.broken_fence_device)


def _lag(cluster: Cluster, name: str, seconds: str) -> None:
    _host(cluster, name).faults.health_lag_s = float(seconds)


def _block(cluster: Cluster, name: str, how: str) -> None:
    host_id = _host(cluster, name).host_id
    cluster.volume.blocks[host_id] = damaged_block(cluster.volume.blocks, host_id, how)


def _cluster_block(cluster: Cluster, how: str) -> None:
    cluster.volume.cluster = damaged_cluster(cluster.volume.cluster, how)


def _lease(cluster: Cluster, what: str) -> None:
    cluster.volume.lease_readable = what == "readable"


def _clock(cluster: Cluster, name: str, seconds: str) -> None:
    _host(cluster, name).wall_offset_s += float(seconds)


COMMANDS: dict[str, Callable[..., None]] = {
    "power": _power,
    "reset": _reset,
    "freeze": _freeze,
    "crash": _crash,
    "cut": _cut,
    "heal": _heal,
    "storage": _storage,
    "ha": _ha,
    "vm": _vm,
    "start": _start,
    "migration": _migration,
    "device": _device,
    "maintenance": _maintenance,
    "activate": _activate,
    "restart": _restart,
    "set": _set,
    "lie": _lie,
    "truth": _truth,
    "lag": _lag,
    "block": _block,
    "cluster": _cluster_block,
    "lease": _lease,
    "clock": _clock,
}
