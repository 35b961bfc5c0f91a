"""What the configurations of the engine VM mean, for trivet-ha, deploy and engine alike. Pure."""

from node.api.messages.ha import EngineVmReport, Shape
from node.api.messages.vms import VmSpec

MIB = 1 << 20


def shape_of(config: VmSpec) -> Shape:
    return Shape(memory_mib=-(-config.memory_bytes // MIB), vcpus=config.sockets * config.cores * config.threads)


def is_new(files: EngineVmReport) -> bool:
    """Whether what was asked for last has not been healthy, as far as that is known."""
    return files.good is not None and shape_of(files.wanted) != shape_of(files.good)


def has_failed(files: EngineVmReport) -> bool:
    """Whether what was asked for last has been started with and has not been healthy. While it boots for the first time
    this is true already: another start then takes the other one, and gets no lease."""
    return is_new(files) and files.tried is not None and files.tried.config == files.wanted


def why_failed(files: EngineVmReport) -> str:
    tried = files.tried
    if tried is None:
        return ""
    return tried.why or f"the engine was not healthy with it after its start on {tried.host}"


def fell_back(files: EngineVmReport, running: Shape | None) -> bool:
    """Whether the VM runs with an earlier configuration, because the one that was asked for was not healthy."""
    return has_failed(files) and files.good is not None and running == shape_of(files.good)
