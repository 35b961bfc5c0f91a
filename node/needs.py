"""What has to be there before a VM can start, looked at beforehand: libvirt's own words for it help nobody."""

from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

from node.api.refusals import ImageUnknown, NotStartable
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts

SYS_CLASS_NET = Path("/sys/class/net")


class Needs:
    """`need` raises NotMounted for a storage domain, `need_joined` LockspaceUnknown for a lockspace."""

    def __init__(
        self,
        threads: Threads,
        *,
        volumes: Path,
        need: Callable[[str], Awaitable[None]],
        need_joined: Callable[[str], Awaitable[None]],
        sys_class_net: Path = SYS_CLASS_NET,
    ) -> None:
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._need = need
        self._need_joined = need_joined
        self._sys_class_net = sys_class_net

    async def check(self, facts: DomainFacts) -> None:
        """Raises the first thing that is missing, as a Refused."""
        for bridge in facts.bridges:
            if not (self._sys_class_net / bridge / "bridge").exists():
                raise NotStartable(vm=facts.title, reason=f"this node has no network {bridge}")
        files = [*facts.disks, *(lease.path for lease in facts.leases)]
        for storage_domain in sorted({self._storage_domain(path) for path in files} - {""}):
            await self._need(storage_domain)
        for path in facts.disks:
            if not await self._threads(Path(path).exists):
                raise ImageUnknown(image=PurePosixPath(path).name, storage_domain=self._storage_domain(path))
        for lease in facts.leases:
            if not await self._threads(Path(lease.path).exists):
                raise NotStartable(vm=facts.title, reason=f"its lease {lease.resource} does not exist")
        for lockspace in sorted({lease.lockspace for lease in facts.leases}):
            await self._need_joined(lockspace)

    def _storage_domain(self, path: str) -> str:
        """The storage domain that `path` lies on; empty for a file elsewhere."""
        file = PurePosixPath(path)
        return file.relative_to(self._volumes).parts[0] if file.is_relative_to(self._volumes) else ""
