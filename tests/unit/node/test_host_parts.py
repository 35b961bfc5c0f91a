"""Names in /etc/hosts, configuration, what a VM needs, and Gluster in the contract's words."""

from pathlib import Path

import msgspec
import pytest

from gluster.model import Brick, BrickPath, HealCount, Peer, PeerState, Pool, Volume, VolumeStatus
from node import config
from node.api.messages.gluster import VolumeRequest
from node.api.messages.network import NamesRequest
from node.api.refusals import ImageUnknown, LockspaceUnknown, Malformed, NotMounted, NotStartable
from node.needs import Needs
from node.network.names import Names, read_block, with_block
from node.storage.gluster_pool import desired_volume, gluster_report
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts, LeaseFact

HOSTS = "127.0.0.1 localhost\n# mine\n192.0.2.9 printer\n"
NAMES = {"node2": "192.0.2.12", "node1": "192.0.2.11"}


def test_names_come_as_a_block_and_leave_the_rest_alone() -> None:
    once = with_block(HOSTS, NAMES)
    assert once.startswith(HOSTS)
    assert read_block(once) == NAMES
    assert with_block(once, NAMES) == once
    assert read_block(with_block(once, {"node1": "192.0.2.99"})) == {"node1": "192.0.2.99"}
    assert with_block(once, {}) == HOSTS


def test_names_are_written_once_and_readable_by_all(tmp_path: Path) -> None:
    names = Names(tmp_path / "hosts")
    names.set_names(NamesRequest(names=NAMES))
    before = (tmp_path / "hosts").stat()
    names.set_names(NamesRequest(names=NAMES))
    assert (tmp_path / "hosts").stat().st_mtime_ns == before.st_mtime_ns
    assert before.st_mode & 0o777 == 0o644
    assert names.names() == NamesRequest(names=NAMES)


@pytest.mark.parametrize("names", [{"a b": "192.0.2.1"}, {"a": "192.0.2.1\n192.0.2.2 b"}, {"a\n": "192.0.2.1"}])
def test_names_cannot_smuggle_lines_in(tmp_path: Path, names: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Names(tmp_path / "hosts").set_names(NamesRequest(names=names))
    assert not (tmp_path / "hosts").exists()


def test_configuration(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    assert config.load(file).node_name
    file.write_text('name = "node7"\n')
    assert config.load(file).node_name == "node7"
    file.write_text('nmae = "node7"\n')
    with pytest.raises(msgspec.ValidationError, match="nmae"):
        config.load(file)


async def needs(folder: Path, facts: DomainFacts) -> None:
    """`folder` is a node with bridge `br` and volume `data` with one file `disk`."""
    (folder / "net" / "br" / "bridge").mkdir(parents=True)
    (folder / "volumes" / "data").mkdir(parents=True)
    (folder / "volumes" / "data" / "disk").touch()

    async def need(volume: str) -> None:
        if volume != "data":
            raise NotMounted(storage_domain=volume, reason="it is not mounted")

    async def need_joined(lockspace: str) -> None:
        if lockspace != "s":
            raise LockspaceUnknown(lockspace=lockspace)

    threads = Threads("test", 1)
    try:
        checks = Needs(
            threads, volumes=folder / "volumes", need=need, need_joined=need_joined, sys_class_net=folder / "net"
        )
        await checks.check(facts)
    finally:
        threads.close()


async def test_a_vm_that_has_what_it_needs_may_start(tmp_path: Path) -> None:
    disk = str(tmp_path / "volumes" / "data" / "disk")
    await needs(tmp_path, DomainFacts("i", "vm", (disk,), ("br",), (LeaseFact("s", "r", disk),)))


@pytest.mark.parametrize(
    ("disks", "bridges", "leases", "error"),
    [
        (("data/gone",), (), (), ImageUnknown),
        (("away/disk",), (), (), NotMounted),
        ((), ("ovirtmgmt",), (), NotStartable),
        ((), (), ("data/gone",), NotStartable),
    ],
)
async def test_what_is_missing_is_named(
    tmp_path: Path,
    disks: tuple[str, ...],
    bridges: tuple[str, ...],
    leases: tuple[str, ...],
    error: type[Exception],
) -> None:
    below = str(tmp_path / "volumes") + "/"
    facts = DomainFacts(
        "i",
        "vm",
        tuple(below + disk for disk in disks),
        bridges,
        tuple(LeaseFact("s", "r", below + lease) for lease in leases),
    )
    with pytest.raises(error):
        await needs(tmp_path, facts)


async def test_a_lockspace_that_is_not_joined_is_named(tmp_path: Path) -> None:
    """libvirt would say: No space left on device."""
    disk = str(tmp_path / "volumes" / "data" / "disk")
    with pytest.raises(LockspaceUnknown, match="other"):
        await needs(tmp_path, DomainFacts("i", "vm", (), (), (LeaseFact("other", "r", disk),)))


def test_gluster_in_the_contracts_words() -> None:
    one, two = BrickPath("node1", "/b"), BrickPath("node2", "/b")
    volume = Volume(
        name="data",
        id="v",
        type="Replicate",
        replica=2,
        status=VolumeStatus.STARTED,
        bricks=(Brick(one, online=True), Brick(two, online=None)),
        options={"a": "b"},
    )
    pool = Pool("u", peers=(Peer("p", "node2", True, PeerState.IN_CLUSTER),), volumes=(volume,))
    report = gluster_report(pool, {"data": (HealCount(one, 4), HealCount(two, None))})
    assert report.peers[0].state == "Peer in Cluster"
    bricks = report.volumes[0].bricks
    assert [(b.server, b.online, b.pending_heals) for b in bricks] == [("node1", True, 4), ("node2", False, None)]


def test_a_brick_that_is_no_brick_is_refused() -> None:
    with pytest.raises(Malformed):
        desired_volume(VolumeRequest(name="data", replica=1, bricks=("node1",)))
    with pytest.raises(Malformed):
        desired_volume(VolumeRequest(name="../x", replica=1, bricks=("node1:/b",)))
