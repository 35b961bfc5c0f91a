"""The disc that tells a guest its initialization; whether it gets one, and what is on it."""

from enum import StrEnum

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.secrets import Secret, Secrets
from hosted_engine.engine.vms.initialization import cloud_init, sysprep
from hosted_engine.engine.vms.initialization.checks import check_initialization, check_script, is_windows
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.model import Vm
from node.api.messages.images import SeedFile
from node.api.messages.vms import VmSeed


class InitializationType(StrEnum):
    """By what a guest is told."""

    NONE = "none"
    CLOUD_INIT = "cloud_init"
    SYSPREP = "sysprep"


def initialization_type(vm: Vm, asked: InitializationType | None, *, again: bool) -> InitializationType:
    """As in oVirt: what is asked for; else at the first start of a VM that has an initialization, or `again`, by its
    operating system."""
    if asked is not None:
        return asked
    if vm.initialization is None or (vm.initialized and not again):
        return InitializationType.NONE
    return InitializationType.SYSPREP if is_windows(vm.os_type) else InitializationType.CLOUD_INIT


def check_seed(secrets: Secrets, vm: Vm, kind: InitializationType) -> None:
    """Raises BadValue where its guest cannot be told so."""
    if kind is InitializationType.NONE:
        return
    if (kind is InitializationType.SYSPREP) is not is_windows(vm.os_type):
        raise BadValue(value="true", field=f"action.use_{kind.value}", reason=f"its os.type is {vm.os_type}")
    check_initialization(vm.initialization, vm.os_type)
    if vm.initialization is not None:
        check_script(_revealed(secrets, vm.initialization.custom_script), vm.os_type)


def seed_of(secrets: Secrets, vm: Vm, kind: InitializationType, instance_id: str) -> VmSeed | None:
    """With everything in the clear."""
    told = vm.initialization or Initialization()
    password, script = _revealed(secrets, told.root_password), _revealed(secrets, told.custom_script)
    match kind:
        case InitializationType.NONE:
            return None
        case InitializationType.CLOUD_INIT:
            label, files = cloud_init.LABEL, cloud_init.files(told, instance_id, password=password, script=script)
        case InitializationType.SYSPREP:
            key = _revealed(secrets, told.windows_license_key)
            label, files = sysprep.LABEL, sysprep.files(told, password=password, license_key=key, script=script)
    return VmSeed(label=label, files=tuple(SeedFile(path=name, text=text) for name, text in files.items()))


def _revealed(secrets: Secrets, secret: Secret | None) -> str:
    return secrets.reveal(secret) if secret is not None else ""
