"""The agent's configuration: every setting with its default, in one file of a node."""

import os
import socket
import tomllib
from pathlib import Path

import msgspec

from node.api.paths import PORT

FILE = Path("/etc/trivet/node.toml")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`/etc/trivet/node.toml`; all of it can be left out."""

    name: str = ""
    """What the node is called on its site; the host name where nothing is said."""

    node_id: str = ""
    """A UUID; made at the first start where nothing is said."""

    port: int = PORT

    accelerator: str = "auto"
    """`kvm`, `tcg` or `auto`: KVM where its device answers."""

    state: str = "/var/lib/trivet"
    """Keys and wishes lie in `node` below it, mounted volumes in `volumes`."""

    shipped_images: str = "/usr/share/trivet/images"

    console_logs: str = "/var/log/libvirt/qemu"
    """Where libvirt writes what guests say on their serial console."""

    units: str = "/run/systemd/system"
    """Where units of mounts are written: they are made anew after each boot."""

    scratch: str = os.environ.get("RUNTIME_DIRECTORY", "/run/trivet-node")
    """A tmpfs folder for secrets on their way."""

    seeds: str = "/run/trivet/seeds"
    """A tmpfs folder that outlives the agent, for discs that guests read at their first start."""

    @property
    def node_name(self) -> str:
        return self.name or socket.gethostname().partition(".")[0]

    @property
    def own_folder(self) -> Path:
        return Path(self.state) / "node"

    @property
    def ha_folder(self) -> Path:
        """trivet-ha's own; the agent makes it and puts the mark into it that lets it run."""
        return Path(self.state) / "ha"

    @property
    def volumes(self) -> Path:
        return Path(self.state) / "volumes"


def load(path: Path = FILE) -> Config:
    """Raises msgspec.ValidationError or tomllib.TOMLDecodeError, which say where the mistake is."""
    if not path.exists():
        return Config()
    return msgspec.convert(tomllib.loads(path.read_text()), type=Config)
