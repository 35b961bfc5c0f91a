"""Runs libnmstate in a process of its own, which can be killed: JSON lines come in, one JSON line goes out for each.

It is started by its path and needs nothing but libnmstate and Python 3.6, so that the system's own interpreter can run
it where ours does not see the library. Questions and answers are written out in netconf.nmstate.process.
"""

import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any, Dict  # noqa: UP035 - Python 3.6

_LOOKS, _BETWEEN_LOOKS_S = 5, 0.2


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the library prints is no answer
    for line in sys.stdin:
        question = json.loads(line)
        # Its own end, should who asked be dead: a library that hangs keeps NetworkManager's checkpoint alive for ever.
        signal.alarm(question["within_s"])
        answers.write(json.dumps(_answer(question)) + "\n")
        answers.flush()
        signal.alarm(0)


def _answer(question: Dict[str, Any]) -> Dict[str, Any]:  # noqa: UP006 - Python 3.6
    try:
        library = _library()
    except (ImportError, OSError, ValueError) as err:  # also: a library or a typelib beneath it that is not there
        return {"missing": f"{type(err).__name__}: {err}"}
    answer = {"version": library.__version__}
    try:
        answer["result"] = _apply(library, question["do"], question["with"])
    except Exception as err:  # noqa: BLE001 - every error of the library is told
        answer["error"] = f"{type(err).__name__}: {err}" + _place(err)
    return answer


def _place(err: Exception) -> str:
    """Where an error came from that is none of nmstate's own: a mistake of the library."""
    if type(err).__module__.startswith("libnmstate"):
        return ""
    last = traceback.extract_tb(err.__traceback__)[-1]
    return f" ({last.filename}, line {last.lineno})"


def _apply(library: Any, what: str, values: Dict[str, Any]) -> Any:  # noqa: UP006 - Python 3.6
    if what == "apply":  # in memory: what is on the disk stays as it is until the change is confirmed
        return library.apply(values["state"], commit=False, save_to_disk=False, rollback_timeout=values["timeout_s"])
    if what == "show":
        return _shown(library)
    return {"commit": library.commit, "rollback": library.rollback}[what](checkpoint=values["checkpoint"])


def _shown(library: Any) -> Any:
    """It reads what /sys says of each port (0.3), and fails when one has just left its bridge: it looks once more."""
    for _ in range(_LOOKS):
        try:
            return library.show()
        except FileNotFoundError:
            time.sleep(_BETWEEN_LOOKS_S)
    return library.show()


@lru_cache(maxsize=None)  # noqa: UP033 - `cache` is of Python 3.9
def _library() -> Any:
    """The library, with what its pure-Python line (0.3) misses on a system that is younger than it."""
    try:
        import_module("distutils")
    except ImportError:  # Python 3.12 dropped it; setuptools, which 0.3 depends on, brings it back
        with suppress(ImportError):
            import_module("setuptools")
    library = import_module("libnmstate")
    if library.__version__.startswith("0."):
        _mend(*map(import_module, ("gi.repository.NM", "libnmstate.nm.bond", "libnmstate.nm.vlan")))
        _mend_functions(import_module("libnmstate.nm.sriov"))
    return library


def _mend(libnm: Any, bonds: Any, vlans: Any) -> None:
    """What the pure-Python line takes for granted and younger libraries have changed."""
    if not hasattr(libnm.ActivationStateFlags, "IS_MASTER"):  # renamed in libnm 1.52
        libnm.ActivationStateFlags.IS_MASTER = libnm.ActivationStateFlags.IS_CONTROLLER
        # There its function gives a number, and its property the device.
        libnm.ActiveConnection.get_master = lambda connection: connection.props.master
    # It copies every option that the kernel shows into the profile, also in modes that know no such thing.
    younger = {"arp_missed_max", "lacp_active", "ns_ip6_target", "peer_notif_delay"}
    bonds.NM_SUPPORTED_BOND_OPTIONS = [name for name in bonds.NM_SUPPORTED_BOND_OPTIONS if name not in younger]
    # It stumbles over a VLAN that is about to vanish and has lost what it stood on.
    of_any = vlans.get_info

    def get_info(device: Any) -> Any:
        orphan = device.get_device_type() == libnm.DeviceType.VLAN and device.props.parent is None
        return {} if orphan else of_any(device)

    vlans.get_info = get_info


def _mend_functions(sriov: Any) -> None:
    """It takes the alternative names of a NIC, which younger `ip` shows beside them, for virtual functions."""
    of_all = sriov._parse_ip_link_output_for_vfs
    sriov._parse_ip_link_output_for_vfs = lambda lines: of_all([line for line in lines if line.split()[:1] == ["vf"]])


if __name__ == "__main__":
    main()
