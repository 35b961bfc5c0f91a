"""Chooses a backend: by its name, or NetworkManager and, while it does not answer, the kernel."""

from collections.abc import Callable

from netconf.backend import Backend
from netconf.backend_watchdog import Rollback
from netconf.change_store import ChangeStore
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.kernel.rollback import KernelRollback
from netconf.networkmanager.backend import NetworkManager
from netconf.nmstate.backend import Nmstate

BACKENDS = ("networkmanager", "nmstate", "kernel")
DEFAULT_BACKENDS = ("networkmanager", "kernel")


def backend_by_name(name: str) -> Backend:
    """One of BACKENDS."""
    match name:
        case "kernel":
            return Kernel()
        case "nmstate":
            return Nmstate()
        case _:
            return NetworkManager()


def default_network(
    store: ChangeStore,
    *,
    backend_of: Callable[[str], Backend] = backend_by_name,
    rollback: Callable[[], Rollback] = KernelRollback,
    wait_s: float = 0,
) -> Network:
    """The network of this machine through whoever answers. `wait_s` as in netconf.facade.Network."""
    return Network(
        backend_of("networkmanager"),
        store,
        stand_in=backend_of("kernel"),
        rollback=rollback(),
        backend_by_name=backend_of,
        wait_s=wait_s,
    )
