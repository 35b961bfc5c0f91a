"""Configuration lands in a tree with the modes that git knows, programs of a tree run sealed off, times are clamped."""

import os
from pathlib import Path

from images.tree import clamp_times, errors, overlay, run_in, youngest


def test_modes_come_from_git_not_from_the_checkout(tmp_path: Path) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    (source / "etc").mkdir(parents=True)
    for name, mode in (("plain", 0o600), ("script", 0o700)):
        (source / "etc" / name).write_text(name)
        (source / "etc" / name).chmod(mode)
    (source / "etc/link").symlink_to("plain")
    root.mkdir()
    overlay(source, root)
    modes = {name: (root / "etc" / name).stat().st_mode & 0o777 for name in ("plain", "script")}
    assert modes == {"plain": 0o644, "script": 0o755}
    assert (root / "etc/link").readlink() == Path("plain")


def test_a_link_in_the_tree_is_replaced_not_followed(tmp_path: Path) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    root.mkdir()
    (source / "file").write_text("ours")
    (root / "file").symlink_to(tmp_path / "outside")
    overlay(source, root)
    assert (root / "file").read_text() == "ours"
    assert not (tmp_path / "outside").exists()


def test_programs_see_neither_this_machines_network_nor_its_environment(tmp_path: Path) -> None:
    seen: list[str] = []

    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        seen.extend(argv)
        return ""

    run_in(tmp_path, ("depmod",), run, writable=False, binds={tmp_path / "in": "/tmp/in"})
    assert {"--unshare-net", "--clearenv", "--die-with-parent"} <= set(seen)
    assert seen[seen.index("--ro-bind") + 1 :][:2] == [str(tmp_path), "/"]
    assert seen[-2:] == ["--", "depmod"]
    assert seen[seen.index(str(tmp_path / "in")) :][:2] == [str(tmp_path / "in"), "/tmp/in"]


def test_errors_of_apt_are_told_without_its_progress() -> None:
    text = """I: running apt-get update...
Err:1 http://mirror.example/debian trixie InRelease
  404  Not Found
E: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  404  Not Found
E: The repository 'http://mirror.example/debian trixie InRelease' is not signed.
E: apt-get update --error-on=any -oAPT::Status-Fd=<$fd> -oDpkg::Use-Pty=false failed
I: main() received signal PIPE: waiting for setup...
E: mmdebstrap failed to run"""
    assert errors(text) == (
        "Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  404  Not Found "
        "The repository 'http://mirror.example/debian trixie InRelease' is not signed"
    )
    assert errors("it took longer than 1200 s") == "it took longer than 1200 s"


def test_what_a_build_writes_is_dated_like_the_youngest_of_what_came_with_packages(tmp_path: Path) -> None:
    begun = 1_900_000_000
    for name, time in (("old", 1_600_000_000), ("package", 1_780_000_000), ("made", begun + 5), ("folder/made", begun)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.utime(file, (time, time))
    os.utime(tmp_path / "folder", (begun, begun))
    (tmp_path / "link").symlink_to("nowhere")
    os.utime(tmp_path / "link", (begun, begun), follow_symlinks=False)
    clamp_times(tmp_path, begun)
    times = {path.name: int(path.lstat().st_mtime) for path in tmp_path.rglob("*")}
    assert times.pop("old") == 1_600_000_000
    assert set(times.values()) == {1_780_000_000}
    assert youngest(tmp_path) == 1_780_000_000
