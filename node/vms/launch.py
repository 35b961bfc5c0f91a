"""How a VM comes to run on this node: anew from its specification, or from the memory that it was suspended with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from node.api.messages.vms import VmSpec
from node.api.refusals import MemoryUnknown, NotStartable, VmNotPossible
from node.storage import layout
from node.system.files import sync_folder
from node.system.time_zones import is_known
from node.vms.block_chain import on_images
from node.vms.domain_facts import DomainFacts, domain_facts
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.names import domain_name
from node.vms.vm_checks import why_not_possible


@dataclass(frozen=True, slots=True)
class Launch:
    """What it needs, and what starts it: `go` raises HypervisorFailed, and nothing runs then."""

    facts: DomainFacts
    go: Callable[[], None]


def launch_of(hypervisor: Hypervisor, spec: VmSpec, paths: DomainPaths) -> Launch:
    """Blocks. Raises VmNotPossible, MemoryUnknown, NotStartable, HypervisorFailed."""
    if spec.resume_from is not None:
        path = Path(layout.image(paths.volumes, spec.resume_from))
        images = {
            one.image.disk_id: (str(layout.image(paths.volumes, one.image)), one.format.value) for one in spec.disks
        }
        return _from_memory(hypervisor, spec, path, images)
    if (reason := why_not_possible(spec, knows_time_zone=is_known(spec.time_zone))) is not None:
        raise VmNotPossible(vm=spec.name, reason=reason)
    name = domain_name(spec.name, spec.id, {domain.name for domain in hypervisor.domains()})
    xml = domain_xml(spec, name, paths)
    return Launch(domain_facts(xml), lambda: hypervisor.start(xml, paused=spec.start_paused))


def _from_memory(hypervisor: Hypervisor, spec: VmSpec, path: Path, images: Mapping[str, tuple[str, str]]) -> Launch:
    """It is what it was: the file has its devices, too, and of `spec` nothing else than the images of its disks
    counts."""
    if not path.exists():
        raise MemoryUnknown(vm=spec.name)
    try:
        xml = on_images(hypervisor.saved_xml(str(path)), images)
    except HypervisorFailed as err:  # it was not written to its end, say
        raise NotStartable(vm=spec.name, reason=err.text.why) from err
    facts = domain_facts(xml)
    if facts.id != spec.id:
        raise MemoryUnknown(vm=spec.name)

    def go() -> None:
        """Under another name from before it runs: a memory that disks have left behind must never run again."""
        used = path.with_name(f"{path.name}.part")
        _rename(path, used)
        try:
            hypervisor.restore(str(used), xml, paused=spec.start_paused)
        except HypervisorFailed:
            if hypervisor.find(spec.id) is None:
                _rename(used, path)
            raise

    return Launch(facts, go)


def _rename(path: Path, target: Path) -> None:
    path.rename(target)
    sync_folder(path.parent)
