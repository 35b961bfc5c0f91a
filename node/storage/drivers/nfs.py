"""Exports of NFS servers."""

from node.api.messages.mounts import MountSpec
from node.storage.drivers import source
from node.storage.drivers.driver import Mount

# A server that is gone gives errors after a while (QEMU pauses its VMs then) and does not hang whoever asks for ever;
# mounts of one server do not share what they cached, as each is a domain of its own. vdsm mounts so, too.
DEFAULTS = ("soft", "nosharecache")


class NfsDriver:
    kind = "nfs"

    def title(self, spec: MountSpec) -> str:
        return f"NFS export {spec.source}"

    def mount(self, spec: MountSpec) -> Mount:
        """`server:/path`. Options that are given come last, where mount.nfs lets them count."""
        source.server_and_path(spec.source)
        return Mount(spec.source, "nfs", (*DEFAULTS, *source.options(spec)), after=("network-online.target",))

    def prepare(self, spec: MountSpec) -> None:
        pass

    def recovers(self, where: str) -> bool:
        """The kernel goes on asking its server."""
        return True
