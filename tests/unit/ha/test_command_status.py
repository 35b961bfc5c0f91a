"""What `trivet ha` shows and sets, from a whiteboard and a daemon's notes in folders."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace as replace_struct

from hosted_engine.ha import command_status, site_reader
from hosted_engine.ha.command import ha
from hosted_engine.ha.failover_file import NAME as FAILOVER_FILE
from hosted_engine.ha.failover_file import write_failover
from hosted_engine.ha.observe import first_view
from hosted_engine.ha.records import HISTORY, MOST_LINES, Records, read_history, trim
from hosted_engine.ha.site_files import SITE_FILE, HaEngine, HaNode, HaSite, format_files
from hosted_engine.ha.site_reader import SiteReader
from hosted_engine.ha.states import Action, Fencing, State, VmState
from hosted_engine.ha.view import Decision, Peer, Storage, View
from hosted_engine.ha.whiteboard import VERSION, BadBlock, ClusterBlock, HostBlock, cluster_offsets
from hosted_engine.ha.whiteboard_file import BLOCK, NAME, WhiteboardFile
from node import config
from node.config import Config
from node.ha_service import LOCAL_MAINTENANCE, RESTART, read_restart
from tests.unit.ha.test_actions import VM
from tests.unit.ha.test_failover import FOUND

SITE = HaSite(
    name="branch-7",
    nodes=(
        HaNode(name="node1", address="192.0.2.11", host_id=1),
        HaNode(name="node2", address="192.0.2.12", host_id=2),
    ),
    engine=HaEngine(name="engine", address="192.0.2.10"),
    authority="",
    lockspace="trivet",
    lease="engine",
    io_timeout_s=5,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The node's state folder, with a site on its engine volume."""
    settings = Config(state=str(tmp_path), name="node1")
    on_volume = settings.volumes / "engine/ha"
    on_volume.mkdir(parents=True)
    settings.ha_folder.mkdir()
    (tmp_path / "run").mkdir()
    for name, text in format_files(SITE, VM).items():
        (on_volume / name).write_text(text)
    monkeypatch.setattr(config, "load", lambda: settings)
    monkeypatch.setattr(command_status, "SiteReader", lambda settings: SiteReader(settings, tmp_path / "run"))
    return tmp_path


def board(folder: Path) -> WhiteboardFile:
    file = WhiteboardFile(folder / "volumes/engine/ha" / NAME)
    file.make()
    return file


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ha, arguments)


def note(folder: Path, *reasons: str, view: View | None = None, cluster_block: str = "good") -> None:
    """The daemon's notes of some rounds; returns when they are written."""
    records = Records(folder / "run", folder / "ha")
    for reason in reasons:
        decision = Decision(state=State.ENGINE_DOWN, action=Action.NONE, reason=reason)
        records.note(
            view or first_view(1, 5.0),
            decision,
            at=1000.0,
            monitors={"lease": {"took_s": 0.0, "error": "no answer"}, "whiteboard": WHITEBOARD},
            troubles=("Volume engine is slow",),
            cluster_block=cluster_block,
        )
    while not (folder / "run/status.json").exists() or reasons[-1] not in (folder / "run/status.json").read_text():
        time.sleep(0.01)


WHITEBOARD = {
    "took_s": 0.02,
    "error": "",
    "period_s": 1.0,
    "limit_s": 10.0,
    "last_minutes": {"answers": 300, "failed": 2, "p50_s": 0.02, "max_s": 7.25, "window_s": 300.0},
}


def test_status_shows_the_monitors_of_this_host(folder: Path) -> None:
    board(folder)
    note(folder, "a reason")
    told = json.loads(run("status", "--json").output)
    assert told["monitors"]["whiteboard"] == WHITEBOARD
    plain = run("status").output
    assert "7.25" in plain
    assert "2 of 300" in plain
    assert "no answer" in plain
    assert "Volume engine is slow" in plain


def test_status_shows_every_host_and_what_is_wrong_with_a_block(folder: Path) -> None:
    file = board(folder)
    file.write_host(HostBlock(host_id=1, sequence=1, state=State.ENGINE_UP, score=3400, vm=VmState.RUNNING))
    told = json.loads(run("status", "--json").output)
    assert told["global_maintenance"] is False
    assert [(h["name"], h["block"], h.get("state"), h.get("vm")) for h in told["hosts"]] == [
        ("node1", "good", "engine_up", "running"),
        ("node2", "zeroed", None, None),
    ]
    plain = run("status")
    assert "engine_up" in plain.output
    assert "zeroed" in plain.output


def test_maintenance_is_global_or_of_this_host_or_none(folder: Path) -> None:
    file = board(folder)
    assert run("maintenance", "global").exit_code == 0
    assert file.read_cluster() == ClusterBlock(sequence=2, global_maintenance=True, set_by="node1")
    assert "Global maintenance, set on node1" in run("status").output
    assert run("maintenance", "local").exit_code == 0
    assert (folder / "ha" / LOCAL_MAINTENANCE).exists()
    assert run("maintenance", "global").exit_code == 0
    assert file.read_cluster() == ClusterBlock(sequence=3, global_maintenance=True, set_by="node1")
    assert (folder / "ha" / LOCAL_MAINTENANCE).exists()
    assert json.loads(run("maintenance", "none", "--json").output) == {"maintenance": "none"}
    assert file.read_cluster() == ClusterBlock(sequence=4, global_maintenance=False, set_by="node1")
    assert not (folder / "ha" / LOCAL_MAINTENANCE).exists()


def test_a_host_goes_into_maintenance_though_the_volume_is_away(folder: Path) -> None:
    assert run("maintenance", "local").exit_code == 0
    assert (folder / "ha" / LOCAL_MAINTENANCE).exists()


def damage_cluster(folder: Path, *, version: int | None = None) -> None:
    """Both copies: random bytes, or whole ones of a later version."""
    path = folder / "volumes/engine/ha" / NAME
    board(folder)
    data = bytearray(path.read_bytes())
    for offset in cluster_offsets(BLOCK):
        if version is None:
            data[offset : offset + BLOCK] = b"x" * BLOCK
        else:
            data[offset + 8 : offset + 10] = version.to_bytes(2, "little")
    path.write_bytes(data)


@pytest.mark.parametrize("mode", ["none", "global"])
def test_a_damaged_block_of_the_cluster_is_said_and_made_anew(mode: str, folder: Path) -> None:
    damage_cluster(folder)
    assert "Both copies of the cluster's block are bad (foreign)" in " ".join(run("status").output.split())
    assert json.loads(run("status", "--json").output)["cluster_block"] == "foreign"
    assert run("maintenance", mode).exit_code == 0
    assert board(folder).read_cluster() == ClusterBlock(sequence=1, global_maintenance=mode == "global", set_by="node1")


def test_a_block_of_a_later_version_is_written_over_only_by_force(folder: Path) -> None:
    damage_cluster(folder, version=VERSION + 1)
    assert "A later version wrote the cluster's block" in " ".join(run("status").output.split())
    done = run("maintenance", "none")
    assert done.exit_code == 1
    assert "it may say more than this one can read" in done.output
    assert board(folder).read_cluster() is BadBlock.FUTURE_VERSION
    assert run("maintenance", "none", "--force").exit_code == 0
    assert board(folder).read_cluster() == ClusterBlock(sequence=1, set_by="node1")


def test_a_full_volume_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board(folder)
    assert json.loads(run("status", "--json").output)["storage_full"] is False
    monkeypatch.setattr(WhiteboardFile, "is_full", lambda _: True)
    assert json.loads(run("status", "--json").output)["storage_full"] is True
    assert "Volume engine is full" in run("status").output


def test_a_volume_that_hangs_is_said_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(site_reader, "LIMIT_S", 0.05)
    monkeypatch.setattr(SiteReader, "_site", lambda self: never.wait())
    done = run("status")
    assert done.exit_code == 1
    assert "gave no answer" in done.output
    never.set()


def test_why_says_what_the_daemon_decided_and_what_troubles_it(folder: Path) -> None:
    done = run("why")
    assert done.exit_code == 1
    assert "systemctl status trivet-ha" in done.output
    note(folder, "The engine is on host 2")
    told = run("why").output
    assert "engine_down: The engine is on host 2" in told
    assert "memory" in told
    assert "trouble: lease: no answer" in told
    assert json.loads(run("why", "--json").output)["decision"]["state"] == "engine_down"


def test_why_says_that_the_volume_is_full_and_that_the_clusters_block_is_bad(folder: Path) -> None:
    view = replace(first_view(1, 5.0), storage=Storage(readable=True, writable=True, full=True))
    note(folder, "The VM is paused; the engine volume is full", view=view, cluster_block="torn")
    told = run("why").output
    assert "trouble: Volume engine is full" in told
    assert "trouble: Both copies of the cluster's block are bad (torn)" in told
    assert json.loads(run("why", "--json").output)["storage"] == {"readable": True, "writable": True, "full": True}


def test_why_names_the_fence_device_that_does_not_answer(folder: Path) -> None:
    block = HostBlock(host_id=2, sequence=7, state=State.ENGINE_UP, score=3400, name="node2")
    view = replace(first_view(1, 5.0), peers=(Peer(host_id=2, block=block, fencing=Fencing.FAILED),))
    note(folder, "The engine is on host 2", view=view)
    assert "the fence device of node2 does not answer: trivet ha fence test node2" in run("why").output
    assert json.loads(run("why", "--json").output)["peers"][0]["fencing"] == "failed"


def test_history_has_a_line_for_what_changed_and_not_for_every_round(folder: Path) -> None:
    note(folder, "waits 1 s", "waits 2 s", "The engine is on host 2", "The engine is on host 2")
    entries = json.loads(run("history", "--json").output)
    assert [entry["reason"] for entry in entries] == ["waits 1 s", "The engine is on host 2"]
    assert len(run("history", "-n", "1").output.splitlines()) == 1


def test_a_history_that_has_grown_long_is_cut_and_a_torn_line_is_left_out(folder: Path) -> None:
    note(folder, "The engine is on host 2")
    path = folder / "ha" / HISTORY
    line = path.read_bytes()
    path.write_bytes(line * (MOST_LINES + 1) + b'{"at": 1')
    trim(path)
    assert len(read_history(path)) == MOST_LINES // 2 - 1


def test_a_site_file_of_a_later_version_is_not_guessed_at(folder: Path) -> None:
    path = folder / "volumes/engine/ha" / SITE_FILE
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    done = run("status")
    assert done.exit_code == 1
    assert "it is of version 2" in done.output


def test_the_last_failover_is_shown_with_its_timeline(folder: Path) -> None:
    path = folder / "volumes/engine/ha" / FAILOVER_FILE
    board(folder)
    assert "No failover has been measured" in run("status").output
    assert "No failover has been measured" in run("history", "--failover").output
    assert json.loads(run("status", "--json").output)["last_failover"] is None
    for at in (500.0, 1000.0):
        write_failover(path, replace_struct(FOUND, at=at))
    told = " ".join(run("status").output.split())
    assert "node1 to node2 (the host was lost), detected after 10 s, start after 64 s, healthy after 90 s" in told
    assert json.loads(run("status", "--json").output)["last_failover"]["at"] == 1000.0
    assert [one["at"] for one in json.loads(run("history", "--failover", "--json").output)] == [500.0, 1000.0]
    lines = [line.split() for line in run("history", "--failover").output.splitlines()[1:]]
    assert [line[0] for line in lines] == ["-1.0", "0.0", "10.0", "60.0", "61.0", "64.0", "90.0"]


@pytest.mark.parametrize("vm", [VmState.RUNNING, VmState.PAUSED])
def test_a_restart_is_asked_for_where_the_engine_is(folder: Path, vm: VmState) -> None:
    before = time.monotonic()
    note(folder, "a reason", view=replace(first_view(1, 5.0), vm=vm))
    assert run("restart").output == "The engine VM is being restarted\n"
    asked_at = read_restart(folder / "run" / RESTART)
    assert asked_at is not None
    assert before <= asked_at <= time.monotonic()


def test_a_restart_elsewhere_or_in_global_maintenance_is_refused(folder: Path) -> None:
    board(folder).write_host(
        HostBlock(host_id=2, sequence=1, state=State.ENGINE_UP, score=3400, vm=VmState.RUNNING, name="node2")
    )
    note(folder, "a reason", view=replace(first_view(1, 5.0), vm=VmState.ABSENT))
    assert "it runs on node2" in run("restart").output
    note(folder, "another", view=replace(first_view(1, 5.0), vm=VmState.RUNNING, global_maintenance=True))
    assert "there is global maintenance" in run("restart").output
    assert read_restart(folder / "run" / RESTART) is None
    assert run("restart").exit_code == 1
