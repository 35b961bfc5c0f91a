"""qemu-img, mke2fs and systemctl in memory, as far as the node's storage uses them."""

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from node.storage.mount_units import unit_name
from node.system.process import CommandFailed


class FakeCommands:
    """A node.system.process.Run. `calls` holds every command line; `broken` the names of commands that fail.

    Images are JSON files with what `qemu-img info` says. Units mount by writing a line into `proc_mounts`, unless
    `lying`: then systemctl says yes and nothing is mounted, as mount.glusterfs does.
    """

    def __init__(self, folder: Path) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.broken: set[str] = set()
        self.lying = False
        self.proc_mounts = folder / "mounts"
        self.proc_mounts.write_text("/dev/sda / ext4 rw 0 0\n")
        self.seeds: dict[str, dict[str, tuple[str, int]]] = {}
        self._where: dict[str, Path] = {}

    def knows_mount(self, where: Path) -> None:
        self._where[unit_name(PurePosixPath(where))] = where

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.calls.append(argv)
        if argv[0] in self.broken or " ".join(argv[:2]) in self.broken:
            raise CommandFailed(argv, "broken by the test", status=1)
        match argv:
            case ("qemu-img", "info", "-U", "-f", form, "--output=json", path):
                return self._info(form, json.loads(Path(path).read_text()))
            case ("qemu-img", "create", "-q", "-f", form, *rest):
                self._create(form, rest)
            case ("qemu-img", "convert", "-q", "-f", _, "-O", form, source, path):
                self._image(path, form, json.loads(Path(source).read_text())["virtual-size"])
            case ("qemu-img", "resize", "-q", "-f", form, *_, path, size):
                self._image(path, form, int(size))
            case ("qemu-img", "rebase", "-q", "-u", "-f", form, "-F", _, "-b", backing, path):
                self._image(path, form, json.loads(Path(path).read_text())["virtual-size"], backing)
            case ("mke2fs", *_, "-d", folder, path):
                files = [file for file in Path(folder).rglob("*") if file.is_file()]
                self.seeds[path] = {
                    str(f.relative_to(folder)): (f.read_text(), f.stat().st_mode & 0o777) for f in files
                }
                self._image(path, "raw", Path(path).stat().st_size)
            case ("systemctl", "start", unit) if not self.lying:
                with self.proc_mounts.open("a") as file:
                    file.write(f"node1:/x {self._where[unit]} fuse.glusterfs rw 0 0\n")
            case ("systemctl", "stop", unit):
                self._take_off(self._where[unit])
            case ("systemd-run", *_, "umount", "--lazy", where):
                self._take_off(Path(where))
        return ""

    def run_while(self, *argv: str, is_wanted: Callable[[], bool], notify: Callable[[str], None]) -> None:
        """A node.system.long_command.RunWhile: half of it is done, then all, unless nobody wants it."""
        self.calls.append(argv)
        notify("    (50.00/100%)\r")
        if " ".join(argv[:2]) in self.broken or not is_wanted():
            raise CommandFailed(argv, "broken by the test", status=1)
        match argv:
            case ("qemu-img", "convert", "-p", "-f", _, "-O", form, *_, source, path):
                self._image(path, form, json.loads(Path(source).read_text())["virtual-size"])
            case ("qemu-img", "commit", "-p", "-d", "-f", "qcow2", path):
                top = json.loads(Path(path).read_text())
                below = Path(path).parent / top["backing-filename"]
                below.write_text(json.dumps(json.loads(below.read_text()) | {"virtual-size": top["virtual-size"]}))
        notify("    (100.00/100%)\r")

    def _info(self, form: str, info: dict[str, object]) -> str:
        """As told; a content of another format is just bytes to raw, and nothing to the others."""
        if form == "raw":
            return json.dumps({"format": form, "virtual-size": info["virtual-size"], "actual-size": 4096})
        if form != info["format"]:
            raise CommandFailed(("qemu-img", "info"), f"Image is not in {form} format", status=1)
        return json.dumps(info)

    def _create(self, form: str, rest: list[str]) -> None:
        if "-b" in rest:
            backing = rest[rest.index("-b") + 1]
            after = rest[rest.index("-b") + 2 :]
            own = json.loads((Path(after[0]).parent / backing).read_text())["virtual-size"]
            self._image(after[0], form, int(after[1]) if len(after) > 1 else own, backing)
        else:
            self._image(rest[-2], form, int(rest[-1]))

    def _image(self, path: str, form: str, size: int, backing: str = "") -> None:
        info: dict[str, object] = {"format": form, "virtual-size": size, "actual-size": 4096}
        Path(path).write_text(json.dumps(info | ({"backing-filename": backing} if backing else {})))

    def _take_off(self, where: Path) -> None:
        lines = [line for line in self.proc_mounts.read_text().splitlines() if f" {where} " not in line]
        self.proc_mounts.write_text("\n".join(lines) + "\n")
