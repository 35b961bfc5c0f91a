"""Who carries out what: a backend by its name, or NetworkManager and, while it does not answer, the kernel."""

from collections.abc import Callable

from netconf.backend import Backend
from netconf.facade import Network
from netconf.kept import Kept
from netconf.kernel.backend import Kernel
from netconf.kernel.deputy import Deputy as KernelDeputy
from netconf.networkmanager.backend import NetworkManager
from netconf.nmstate.backend import Nmstate
from netconf.standing_by import Deputy

BACKENDS = ("networkmanager", "nmstate", "kernel")
USUAL = ("networkmanager", "kernel")


def named(name: str) -> Backend:
    """One of BACKENDS."""
    match name:
        case "kernel":
            return Kernel()
        case "nmstate":
            return Nmstate()
        case _:
            return NetworkManager()


def usual(
    kept: Kept,
    *,
    named: Callable[[str], Backend] = named,
    deputy: Callable[[], Deputy] = KernelDeputy,
    patience_s: float = 0,
) -> Network:
    """The network of this machine through whoever answers. `patience_s` as in netconf.facade.Network."""
    return Network(
        named("networkmanager"),
        kept,
        stand_in=named("kernel"),
        deputy=deputy(),
        named=named,
        patience_s=patience_s,
    )
