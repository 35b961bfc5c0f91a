"""What nodes say every few seconds: kept in memory, because it is stale before a disk has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from gluster.report import StorageReport
from hosted_engine.engine.nodes.network import NodeNetwork
from node.api.messages.guests import GuestReport
from node.api.messages.ha import EngineVmReport, HaReport
from node.api.messages.machine import Statistics
from node.api.messages.mounts import MountReport


@dataclass(frozen=True, slots=True)
class Reading:
    """The last word of one node, which came at `at` by the engine's clock; nothing is known of a node that has not
    spoken since the engine started. `network`, `ha` None: it has not told of it. `drifts`: its clock and the
    engine's are far apart. `guests` are those of its VMs of which something is known, by the VM's id."""

    statistics: Statistics | None = None
    mounts: tuple[MountReport, ...] = ()
    at: float = 0.0
    network: NodeNetwork | None = None
    drifts: bool = False
    ha: HaReport | None = None
    guests: Mapping[str, GuestReport] = field(default_factory=dict)

    def mounted(self, storage_domain: str) -> bool:
        return any(mount.mounted for mount in self.mounts if mount.storage_domain == storage_domain)

    def lacks(self, bridge: str) -> bool:
        """False as well for a node that has not told of its network: then it says itself what it has not."""
        return self.network is not None and not self.network.has_bridge(bridge)


@dataclass(slots=True)
class Readings:
    """The last reading of every node, by node id; a node that became non-responsive is forgotten. And since when a
    storage domain is mounted nowhere. `storage` is the last report of the storage's state, `engine_vm` of the
    configuration of the engine's VM; None while no node can give one."""

    storage: StorageReport | None = None
    engine_vm: EngineVmReport | None = None

    _by_node: dict[str, Reading] = field(default_factory=dict)
    _missing_since: dict[str, float] = field(default_factory=dict)

    def of(self, node_id: str) -> Reading:
        return self._by_node.get(node_id, Reading())

    def put(self, node_id: str, reading: Reading) -> None:
        self._by_node[node_id] = reading

    def note_ha(self, node_id: str, report: HaReport) -> bool:
        """False for one that is older than what is known: answers overtake heartbeats."""
        known = self.of(node_id)
        if known.ha is not None and report.at < known.ha.at:
            return False
        self._by_node[node_id] = replace(known, ha=report)
        return True

    def note_guests(self, node_id: str, guests: Iterable[GuestReport]) -> None:
        """What changed of them."""
        known = self.of(node_id)
        changed = {**known.guests, **{guest.vm_id: guest for guest in guests}}
        there = {vm_id: guest for vm_id, guest in changed.items() if guest.talks}
        self._by_node[node_id] = replace(known, guests=there)

    def vms_with_agent(self) -> set[str]:
        """The ids of the VMs whose guests say something of themselves."""
        return {vm_id for reading in self._by_node.values() for vm_id in reading.guests}

    def note_engine_vm(self, report: EngineVmReport) -> None:
        """How it runs only its own host can say."""
        if report.running is None and self.engine_vm is not None:
            report = msgspec.structs.replace(report, running=self.engine_vm.running)
        self.engine_vm = report

    def forget(self, node_id: str) -> None:
        self._by_node.pop(node_id, None)

    def missing_s(self, storage_domain: str, now: float) -> float:
        """How long it has been mounted nowhere; call it when it is."""
        return now - self._missing_since.setdefault(storage_domain, now)

    def not_missing(self, storage_domain: str) -> None:
        self._missing_since.pop(storage_domain, None)
