"""Becomes the machine of a node: run inside the lab's network namespace and a mount namespace of the node's own.

All mounts, and the loop devices below them, are made here and nowhere else, so that the kernel takes them back by
itself when the last process of the machine dies, however it dies.
"""

import os
import sys
from pathlib import Path

import msgspec

from ci.lab import bricks, cgroups, processes
from ci.lab.names import BRIDGE, Lab, Node, host_machine_id
from node.system.process import Run, run


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How to start a node. `lowers`: read-only layers of its root, the topmost first; `read_only` and `devices`:
    what else of the host it sees, path in the node → path on the host."""

    lowers: tuple[str, ...]
    read_only: dict[str, str]
    devices: tuple[str, ...]


def nspawn(node: Node, root: Path, launch: Launch) -> tuple[str, ...]:
    """The command line of the machine."""
    binds = [f"--bind={brick.mount_point(node)}:{brick.inside}" for brick in bricks.BRICKS]
    binds += [f"--bind={device}" for device in launch.devices]
    binds += [f"--bind-ro={source}:{target}" for target, source in launch.read_only.items()]
    return (
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--link-journal=no",
        "--resolv-conf=off", "--timezone=off", "--capability=all", f"--network-bridge={BRIDGE}",
        f"--uuid={node.machine_id}", "-M", node.name, "-D", str(root), *binds,
    )  # fmt: skip


def main() -> None:
    lab, name = sys.argv[1:]
    node = Lab(lab).node(name)
    launch = msgspec.json.decode(node.launch_file.read_bytes(), type=Launch)
    cgroups.enter(node.cgroup, os.getpid())
    myself = processes.identify(os.getpid())
    assert myself is not None
    processes.remember(myself, node.process_file)
    root = mount(node, launch, run)
    command = nspawn(node, root, launch)
    # Debian 13's systemd does not start in the legacy hierarchy that nspawn gives on a hybrid host.
    os.execvpe(command[0], command, os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})


def mount(node: Node, launch: Launch, run: Run) -> Path:
    """Mount bricks and root, hide what nodes of different labs would share; gives the root."""
    bricks.mount(node, run)
    shared = Path("/run/systemd/nspawn")
    shared.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(shared))
    _show_machine_id(node, run)
    root = node.runtime / "root"
    for folder in (root, node.state / "upper", node.state / "work"):
        folder.mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={':'.join(launch.lowers)},upperdir={node.state / 'upper'},workdir={node.state / 'work'}"
    run("mount", "-t", "overlay", "-o", layers, "overlay", str(root))
    return root


def _show_machine_id(node: Node, run: Run) -> None:
    """MAC addresses come from the host's machine id and the node's name: show one that belongs to the lab."""
    shown = node.runtime / "host-machine-id"
    shown.write_text(host_machine_id(node.lab) + "\n")
    if Path("/etc/machine-id").exists():
        run("mount", "--bind", str(shown), "/etc/machine-id")


if __name__ == "__main__":
    main()
