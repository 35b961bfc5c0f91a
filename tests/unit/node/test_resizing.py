"""Processors and memory for running domains: what is refused before libvirt is asked, and what it is asked for once."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator

import msgspec
import pytest

from node.api.messages.vms import VmCpus, VmMemory
from node.api.refusals import NotPluggable
from node.system.threads import Threads
from node.vms.domain_xml import domain_xml
from node.vms.resizing import Resizing, current_cpus, current_memory_kib, dimm
from tests.fakes.hypervisor import FakeHypervisor
from tests.unit.node.test_hotplug import TCG
from tests.unit.node.vm_settings import BASE

MIB = 1 << 20
SPEC = msgspec.structs.replace(BASE, sockets=1, cores=2, cpus_max=8, memory_max_bytes=512 * MIB)


class World:
    def __init__(self) -> None:
        self.hypervisor, self.threads = FakeHypervisor(), Threads("resizing", 2)
        self.resizing = Resizing(self.hypervisor, self.threads)
        self.hypervisor.start(domain_xml(SPEC, "base", TCG))

    def domain(self) -> ET.Element:
        return ET.fromstring(self.hypervisor.live_xml(SPEC.id))

    async def cpus(self, count: int) -> int:
        await self.resizing.set_vm_cpus(SPEC.id, VmCpus(count=count))
        return current_cpus(self.domain())

    async def memory(self, mib: int) -> int:
        await self.resizing.set_vm_memory(SPEC.id, VmMemory(size_bytes=mib * MIB))
        return current_memory_kib(self.domain()) >> 10


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.threads.close()


def _element(root: ET.Element, path: str) -> tuple[str | None, dict[str, str]]:
    (element,) = root.findall(path)
    return element.text, element.attrib


def test_a_domain_says_how_far_it_may_grow() -> None:
    root = ET.fromstring(domain_xml(SPEC, "base", TCG))
    assert _element(root, "vcpu") == ("8", {"current": "2"})
    assert _element(root, "cpu/topology")[1] == {"sockets": "4", "cores": "2", "threads": "1"}
    assert _element(root, "cpu/numa/cell")[1] == {"id": "0", "cpus": "0-7", "memory": str(64 << 10), "unit": "KiB"}
    assert _element(root, "maxMemory") == (str(512 << 10), {"slots": "16", "unit": "KiB"})


def test_a_domain_that_may_not_grow_is_as_it_always_was() -> None:
    root = ET.fromstring(domain_xml(BASE, "base", TCG))
    assert (root.find("maxMemory"), root.find("cpu/numa"), root.findtext("vcpu")) == (None, None, "1")


async def test_processors_come_and_go(world: World) -> None:
    assert [await world.cpus(count) for count in (4, 4, 8, 3, 2)] == [4, 4, 8, 3, 2]
    for count, reason in ((9, "no more than 8"), (0, "too few")):
        with pytest.raises(NotPluggable, match=reason):
            await world.cpus(count)
    await world.cpus(4)
    world.hypervisor.lets_go = False
    with pytest.raises(NotPluggable, match="timed out"):
        await world.cpus(2)


async def test_memory_comes_once_and_does_not_go(world: World) -> None:
    assert [await world.memory(mib) for mib in (320, 320, 512)] == [320, 320, 512]
    assert len(world.domain().findall("devices/memory")) == 2
    for mib, reason in ((513, "no more than"), (320, "cannot be taken from it")):
        with pytest.raises(NotPluggable, match=reason):
            await world.memory(mib)
    world.hypervisor.refuse_attach = "no free slot"
    assert await world.memory(512) == 512


async def test_what_libvirt_refuses_is_said(world: World) -> None:
    world.hypervisor.refuse_attach = "no free slot"
    with pytest.raises(NotPluggable, match="no free slot"):
        await world.memory(320)
    with pytest.raises(NotPluggable, match="no free slot"):
        await world.cpus(4)


async def test_a_vm_that_does_not_run_is_told_apart(world: World) -> None:
    other = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f99"
    with pytest.raises(NotPluggable, match="does not run"):
        await world.resizing.set_vm_cpus(other, VmCpus(count=2))


def test_a_dimm_is_in_the_only_node() -> None:
    root = ET.fromstring(dimm(262144))
    assert (root.get("model"), root.findtext("target/size"), root.findtext("target/node")) == ("dimm", "262144", "0")
