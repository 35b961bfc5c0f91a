"""What a host measures of itself, from the kernel's own files."""

from pathlib import Path

import pytest

from hosted_engine.ha.host_probes import CpuLoad, CpuTimes, bridge_is_up, free_memory_mib, load, parse_cpu, started_at

STAT = "cpu  100 10 50 800 40 1 2 3 60 0\ncpu0 1 2 3 4\n"
PROCESS = "4711 (qemu (HostedEngine) x) S 1 4711 4711 0 -1 4194560 9 9 9 9 30 12 0 0 20 0 5 0 12300 1 1\n"


def test_the_engine_vm_does_not_count_as_load() -> None:
    before = CpuTimes(total=1000, idle=800, engine=100, engine_pid=7)
    now = CpuTimes(total=1200, idle=850, engine=190, engine_pid=7)
    assert load(before, now) == pytest.approx((200 - 50 - 90) / 200)


def test_nothing_is_known_while_the_engines_process_comes_or_goes() -> None:
    before = CpuTimes(total=1000, idle=800, engine=0, engine_pid=None)
    assert load(before, CpuTimes(total=1200, idle=850, engine=190, engine_pid=7)) is None
    assert load(before, before) is None


def test_waiting_for_disks_is_idle_and_guests_are_not_counted_twice() -> None:
    assert parse_cpu(STAT) == (1006, 840)


def test_load_is_known_from_the_second_question_on(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(STAT)
    (tmp_path / "4711").mkdir()
    (tmp_path / "4711/stat").write_text(PROCESS)
    ask = CpuLoad(lambda: 4711, tmp_path)
    assert ask() is None
    (tmp_path / "stat").write_text(STAT.replace("100 10", "200 10"))
    assert ask() == 1.0
    assert started_at(4711, tmp_path) == 123.0
    assert started_at(1, tmp_path) is None


def test_free_memory_is_what_processes_can_have(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9999 kB\nMemAvailable:    2048 kB\n")
    assert free_memory_mib(tmp_path) == 2.0


def test_a_bridge_without_a_carrier_is_down(tmp_path: Path) -> None:
    (tmp_path / "ovirtmgmt").mkdir()
    (tmp_path / "ovirtmgmt/operstate").write_text("up\n")
    assert bridge_is_up("ovirtmgmt", tmp_path)
    (tmp_path / "ovirtmgmt/operstate").write_text("down\n")
    assert not bridge_is_up("ovirtmgmt", tmp_path)
    assert not bridge_is_up("other", tmp_path)
