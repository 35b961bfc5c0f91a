"""Only what differs is sent, only services that load it start anew, and a refresh that was cut off anywhere is finished
by the next one."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from ci.lab import refresh
from ci.lab.refresh import INSIDE, NODE, UNITS, Difference, concerns, difference, module_of, sums_line, wanted
from images.layer import site_packages
from images.wheels import VENV

RESTARTS = ["restart trivet-node.service", "try-restart trivet-ha.service"]


class Cut(Exception):
    """Stands for kill -9."""


class FolderPlace:
    """A place whose root is a folder and whose systemctl writes down what it was told; `cut`: dies before that shell
    line, by number."""

    service = NODE

    def __init__(self, root: Path, cut: int = 0) -> None:
        self.name = "node1"
        self.calls: list[str] = []
        self._root = root
        self._cut = cut
        self._lines = 0
        (root / "run").mkdir(parents=True, exist_ok=True)

    def sh(self, line: str) -> str:
        self._lines += 1
        if self._lines == self._cut:
            raise Cut()
        here = line.replace("/run/", f"{self._root}/run/").replace("cd /", f"cd {self._root}/").replace(
            f"sync -f /{VENV}", "true"
        )  # fmt: skip
        calls = self._root / "told"
        script = f'systemctl() {{ echo "$@" >> {calls}; }}\n{here}'
        done = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True)
        self.calls = calls.read_text().splitlines() if calls.exists() else []
        return done.stdout.replace(f"{self._root}/run/", "/run/")

    def put(self, pack: bytes) -> None:
        (self._root / refresh.PACK.lstrip("/")).write_bytes(pack)


def make_layer(root: Path, text: str = "x = 1\n") -> Path:
    package = site_packages(root) / "node"
    (package / "server/__pycache__").mkdir(parents=True)
    (package / "server/app.py").write_text(text)
    (package / "server/__pycache__/app.cpython-313.pyc").write_text(f"code of {text}")
    (package / "steps.py").write_text("")
    (package / "trivet-node.service").write_text("[Service]\n")
    (site_packages(root) / "trivet-0.dist-info").mkdir()
    (site_packages(root) / "trivet-0.dist-info/METADATA").write_text("Name: trivet\n")
    return root


def bring(place: FolderPlace, layer: Path) -> list[str]:
    calls: list[str] = []
    assert refresh.refresh([place], layer, calls.append) == bool(calls)
    return calls


def test_a_fresh_place_gets_everything_and_a_second_look_finds_nothing(tmp_path: Path) -> None:
    place, layer = FolderPlace(tmp_path / "node"), make_layer(tmp_path / "layer")
    (line,) = bring(place, layer)
    assert line.startswith("node1: 6 files changed, 0 gone, trivet-node.service started anew")
    assert place.calls == ["daemon-reload", "enable --quiet trivet-node.service", *RESTARTS]
    assert (tmp_path / "node" / UNITS / "trivet-node.service").exists()
    assert bring(place, layer) == []


def test_only_what_differs_is_sent_with_its_byte_code_and_units_are_left_alone(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "node")
    bring(place, make_layer(tmp_path / "1"))
    place.calls.clear()
    (tmp_path / "node/told").unlink()
    (line,) = bring(place, make_layer(tmp_path / "2", "x = 2\n"))
    assert line.startswith("node1: 2 files changed, 0 gone, trivet-node.service started anew")
    assert place.calls == RESTARTS[:1]


def test_a_file_that_is_gone_goes_with_its_byte_code(tmp_path: Path) -> None:
    place, layer = FolderPlace(tmp_path / "node"), make_layer(tmp_path / "layer")
    bring(place, layer)
    old = tmp_path / "node" / INSIDE / "node/__pycache__/old.cpython-313.pyc"
    old.parent.mkdir()
    old.write_text("old")
    (line,) = bring(place, layer)
    assert "0 files changed, 1 gone" in line
    assert not old.exists()


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_refresh_that_was_cut_off_is_finished_by_the_next(tmp_path: Path, cut: int) -> None:
    root = tmp_path / "node"
    bring(FolderPlace(root), make_layer(tmp_path / "1"))
    (root / "told").unlink()
    changed = make_layer(tmp_path / "2", "x = 2\n")
    with pytest.raises(Cut):
        bring(FolderPlace(root, cut), changed)
    again = FolderPlace(root)
    assert bring(again, changed)
    assert [line for line in again.calls if line.startswith("restart")] == RESTARTS[:1]
    assert bring(again, changed) == []


def test_a_cut_between_the_files_and_the_restart_is_seen_though_the_files_are_right(tmp_path: Path) -> None:
    layer = make_layer(tmp_path / "layer")
    files = wanted(layer, NODE)
    same = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {path}\n" for path, file in files.items())
    assert not difference(files, same)
    assert difference(files, f"{same}{refresh.DUE}\n") == Difference((), (), due=True)


def test_what_is_not_the_same_after_it_was_sent_is_a_failure(tmp_path: Path) -> None:
    class Losing(FolderPlace):
        def put(self, pack: bytes) -> None:
            empty = refresh.pack({}, ())
            super().put(empty)

    with pytest.raises(refresh.RefreshFailed, match=r"into node1: it is not the same there"):
        bring(Losing(tmp_path / "node"), make_layer(tmp_path / "layer"))


def test_the_question_names_what_the_layer_has(tmp_path: Path) -> None:
    assert f"find {INSIDE}/node {INSIDE}/trivet-*.dist-info " in sums_line(make_layer(tmp_path))


@pytest.mark.parametrize(
    ("path", "module"),
    [
        (f"{INSIDE}/hosted_engine/rest/app.py", "hosted_engine.rest.app"),
        (f"{INSIDE}/hosted_engine/rest/__pycache__/app.cpython-313.pyc", "hosted_engine.rest.app"),
        (f"{INSIDE}/hosted_engine/rest/__init__.py", "hosted_engine.rest"),
        (f"{INSIDE}/hosted_engine/rest/schema.json", "hosted_engine.rest"),
        (f"{INSIDE}/trivet-0.1.0.dist-info/METADATA", None),
        ("opt/trivet/venv/bin/trivet-node", None),
        (f"{UNITS}/trivet-node.service", None),
    ],
)
def test_a_file_belongs_to_a_module(path: str, module: str | None) -> None:
    assert module_of(path) == module


@pytest.mark.parametrize(
    ("path", "node", "engine"),
    [
        ("hosted_engine/rest/app.py", False, True),
        ("hosted_engine/rest/schema.json", False, True),
        ("hosted_engine/__init__.py", False, True),
        ("node/server/app.py", True, False),
        ("node/api/messages.py", True, True),
        ("hosted_engine/deploy/plan.py", False, False),
        ("trivet-0.1.0.dist-info/METADATA", True, True),
    ],
)
def test_a_service_starts_anew_for_what_it_loads(path: str, node: bool, engine: bool) -> None:
    paths = [str(INSIDE / path)]
    assert concerns("node.agent", paths) is node
    assert concerns("hosted_engine.start", paths) is engine
