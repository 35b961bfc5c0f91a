"""What a node said last of its load, under oVirt's names for a host's statistics."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hosted_engine.engine.entity.declaration import Link, Options
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.api.messages.machine import Statistics


@dataclass(frozen=True, slots=True)
class Statistic:
    name: str
    description: str
    unit: str
    value: float
    kind: str = "gauge"

    @property
    def type(self) -> str:
        return "integer" if isinstance(self.value, int) else "decimal"


def statistics_of(node: Node, readings: Readings) -> tuple[Statistic, ...]:
    """Nothing is said of what is not known: of a silent node its memory is."""
    known = (
        [Statistic("memory.total", "Total memory", "bytes", node.capabilities.memory_bytes)]
        if node.capabilities
        else []
    )
    said = readings.of(node.id).statistics
    return (*known, *(_described(said) if said else ()))


def _described(of: Statistics) -> Iterator[Statistic]:
    yield Statistic("memory.used", "Used memory", "bytes", of.memory_used_bytes)
    yield Statistic("memory.free", "Free memory", "bytes", of.memory_free_bytes)
    yield Statistic("swap.total", "Total swap", "bytes", of.swap_total_bytes)
    yield Statistic("swap.free", "Free swap", "bytes", of.swap_free_bytes)
    yield Statistic("swap.used", "Used swap", "bytes", of.swap_total_bytes - of.swap_free_bytes)
    yield Statistic("cpu.current.user", "User CPU usage", "percent", of.cpu_user_percent)
    yield Statistic("cpu.current.system", "System CPU usage", "percent", of.cpu_system_percent)
    yield Statistic("cpu.current.idle", "Idle CPU usage", "percent", of.cpu_idle_percent)
    yield Statistic("boot.time", "Boot time of the machine", "none", int(of.at - of.uptime_s))


def _of_host(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    node = found(tx.nodes.get(ids["host"]), "host", ids["host"])
    return {
        str(uuid.uuid5(uuid.UUID(node.id), one.name)): {
            "name": one.name,
            "description": one.description,
            "kind": one.kind,
            "type": one.type,
            "unit": one.unit,
            "values": [{"datum": one.value}],
            "host": Link("nodes", node.id),
        }
        for one in statistics_of(node, readings)
    }


HOST_STATISTICS = Reported("statistic", ("Statistics", "Statistic"), frozenset({"host"}), _of_host)
