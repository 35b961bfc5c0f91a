"""What libvirt is asked for when a VM moves, and what it says of one that is on its way."""

from pathlib import Path
from typing import Any

import pytest

from node.registration.migration_trust import FOLDER
from node.vms.hypervisor import HypervisorFailed, Move
from node.vms.migration import MigrationLimits, MigrationProgress
from tests.fakes.libvirt_binding import PlayedLibvirt, play_libvirt, write_files_in

VM = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"
STATUS = """<domstatus state='{state}' reason='{reason}' pid='1598'>
  <job type='none' async='{job}' phase='{phase}' flags='0x0'/>
</domstatus>"""


class PlayedDomain:
    """`kind` and `mode`: of the live definition. `stats` as libvirt 11.3 gave them in a lab."""

    def __init__(self, kind: str = "qemu", mode: str = "custom") -> None:
        self.live = f"<domain type='{kind}'><cpu mode='{mode}'/></domain>"
        self.stats: dict[str, Any] = {"type": 0}
        self.moved: list[tuple[str, dict[str, object], int]] = []

    def XMLDesc(self) -> str:
        return self.live

    def migrateToURI3(self, uri: str, parameters: dict[str, object], flags: int) -> None:
        self.moved.append((uri, parameters, flags))

    def jobStats(self) -> dict[str, Any]:
        return self.stats

    def UUIDString(self) -> str:
        return VM

    def name(self) -> str:
        return "HostedEngine"

    def metadata(self, *_: object) -> str:
        return "HostedEngine"

    def state(self) -> tuple[int, int]:
        return 1, 1

    def info(self) -> tuple[int, int, int, int, int]:
        return 1, 1 << 20, 1 << 20, 1, 0


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> tuple[PlayedLibvirt, Any]:
    return play_libvirt(monkeypatch)


def test_a_vm_moves_over_tls_by_address_from_libvirt_to_libvirt(played: tuple[PlayedLibvirt, Any]) -> None:
    libvirt, hypervisor = played
    domain = libvirt.domains[VM] = PlayedDomain()
    hypervisor.migrate(VM, "192.0.2.12", MigrationLimits(bandwidth_mib_s=100))
    ((uri, parameters, flags),) = domain.moved
    assert uri == f"qemu+tls://192.0.2.12/system?pkipath={FOLDER}"
    assert parameters["migrate_uri"] == "tcp://192.0.2.12"
    assert parameters["listen_address"] == "192.0.2.12"
    assert parameters["bandwidth"] == 100
    asked = ("LIVE", "PEER2PEER", "TLS", "ABORT_ON_ERROR", "AUTO_CONVERGE")
    assert flags == sum(getattr(libvirt, f"VIR_MIGRATE_{name}") for name in asked)
    assert libvirt.opened == ["qemu:///system"]


def test_without_a_limit_none_is_asked_for_and_an_address_of_ipv6_has_its_brackets(
    played: tuple[PlayedLibvirt, Any],
) -> None:
    libvirt, hypervisor = played
    domain = libvirt.domains[VM] = PlayedDomain()
    hypervisor.migrate(VM, "2001:db8::2", MigrationLimits())
    uri, parameters, _ = domain.moved[0]
    assert uri.startswith("qemu+tls://[2001:db8::2]/system")
    assert (parameters["migrate_uri"], parameters["listen_address"]) == ("tcp://[2001:db8::2]", "2001:db8::2")
    assert "bandwidth" not in parameters


@pytest.mark.parametrize("comparison", [0, 1, 2])
def test_a_vm_with_its_hosts_processor_asks_the_target_for_its_own(
    comparison: int, played: tuple[PlayedLibvirt, Any]
) -> None:
    libvirt, hypervisor = played
    domain = libvirt.domains[VM] = PlayedDomain("kvm", "host-passthrough")
    libvirt.comparison = comparison
    if comparison == 1:
        hypervisor.migrate(VM, "192.0.2.12", MigrationLimits())
    else:
        with pytest.raises(HypervisorFailed, match="processor is not the same"):
            hypervisor.migrate(VM, "192.0.2.12", MigrationLimits())
    assert bool(domain.moved) is (comparison == 1)
    assert libvirt.opened[-1].startswith("qemu+tls://192.0.2.12/")


def test_how_far_it_is(played: tuple[PlayedLibvirt, Any]) -> None:
    libvirt, hypervisor = played
    domain = libvirt.domains[VM] = PlayedDomain()
    assert hypervisor.migration(VM) is None
    domain.stats = {"type": 2, "operation": 5, "time_elapsed": 1500, "memory_total": 1 << 30, "memory_remaining": 4096}
    assert hypervisor.migration(VM) == MigrationProgress(1 << 30, 4096, 1.5)
    domain.stats = {"type": 2, "operation": 8, "time_elapsed": 1500}  # its memory is being dumped
    assert hypervisor.migration(VM) is None


@pytest.mark.parametrize(
    ("job", "phase", "move"),
    [
        ("migration out", "perform3", Move.OUT),
        ("migration in", "prepare", Move.IN),
        ("none", "none", Move.NONE),
        ("dump", "none", Move.NONE),
    ],
)
def test_a_vm_on_its_way_is_known_without_asking_qemu(
    job: str, phase: str, move: Move, played: tuple[PlayedLibvirt, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As libvirt 11.3 writes its status."""
    libvirt, hypervisor = played
    write_files_in(tmp_path, hypervisor, monkeypatch)
    libvirt.domains[VM] = PlayedDomain()
    assert hypervisor.find(VM).move is Move.NONE
    (tmp_path / "HostedEngine.xml").write_text(STATUS.format(state="running", reason="booted", job=job, phase=phase))
    assert hypervisor.find(VM).move is move
    assert [domain.move for domain in hypervisor.domains()] == [move]
