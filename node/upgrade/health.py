"""Whether this node is healthy: what a new version has to prove before it is kept."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from node.api.problems import Problem, RemoteRefused
from node.client import NodeClient
from node.clock import Clock
from node.config import Config
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY
from node.system.process import CommandFailed, Run
from node.tls import pinned_context
from node.upgrade.records import Finding
from node.upgrade.saved_addresses import missing_addresses

PAUSE_S = 2.0
_ASKED_S = 15.0

ObserveHealth = Callable[[], Awaitable[tuple[Finding, ...]]]


async def wait_healthy(observe: ObserveHealth, clock: Clock, within_s: float) -> tuple[Finding, ...]:
    """Observe until all is good, for `within_s` at most; what was observed last counts."""
    end = clock.monotonic() + within_s
    while True:
        findings = await observe()
        if all(finding.is_good for finding in findings) or clock.monotonic() + PAUSE_S > end:
            return findings
        await clock.sleep(PAUSE_S)


class NodeHealth:
    """Observes this machine. `wanted` and `present` are addresses."""

    def __init__(
        self,
        settings: Config,
        run: Run,
        *,
        wanted: Callable[[], Sequence[str]],
        present: Callable[[], Sequence[str]],
    ) -> None:
        self._settings = settings
        self._run = run
        self._wanted = wanted
        self._present = present

    async def observe(self) -> tuple[Finding, ...]:
        return await agent_finding(self._settings), *await asyncio.to_thread(self._observe_system)

    def _observe_system(self) -> tuple[Finding, ...]:
        return (
            gluster_finding(self._run, is_member=(self._settings.own_folder / AUTHORITY).exists()),
            libvirt_finding(self._run),
            addresses_finding(tuple(self._wanted()), list(self._present())),
        )


async def agent_finding(settings: Config) -> Finding:
    """It answers whom it knows and turns away whom it does not: either way it is there, with the node's own key."""
    what = f"agent on port {settings.port}"
    try:
        client = NodeClient("127.0.0.1", own_context(settings.own_folder), port=settings.port)
        try:
            await client.identity()
        except RemoteRefused:
            pass
        finally:
            await client.close()
    except (Problem, OSError, ValueError) as err:
        return Finding(what=what, why=_reason(err))
    return Finding(what=what)


def own_context(folder: Path) -> ssl.SSLContext:
    """Presents the certificate of this node and trusts nothing else. Raises OSError where there is none yet."""
    context = pinned_context((folder / CERTIFICATE).read_text())
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a site's authority has signed it, whom nobody asks here
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    return context


def gluster_finding(run: Run, *, is_member: bool) -> Finding:
    """A node of no site has no Gluster: its unit's condition keeps it off."""
    what = "glusterd"
    found = _show(run, "glusterd.service")
    state, has_condition = found.get("ActiveState", "unknown"), found.get("ConditionResult") != "no"
    if state == "active" or (not is_member and state == "inactive" and not has_condition):
        return Finding(what=what)
    return Finding(what=what, why=found.get("why") or f"its unit is {state} ({found.get('Result', 'unknown')})")


def libvirt_finding(run: Run) -> Finding:
    """It ends when nobody needs it, and starts again when asked: so it is asked."""
    what = "libvirtd"
    try:
        run("virsh", "--readonly", "--connect", "qemu:///system", "list", "--name", timeout_s=_ASKED_S)
    except CommandFailed as err:
        return Finding(what=what, why=_reason(err))
    return Finding(what=what)


def addresses_finding(wanted: tuple[str, ...], present: list[str]) -> Finding:
    """Pure."""
    what = f"static addresses {', '.join(wanted) or '(none)'}"
    missing = missing_addresses(wanted, present)
    return Finding(what=what, why=f"{', '.join(missing)} is on no interface" if missing else "")


def _show(run: Run, unit: str) -> dict[str, str]:
    try:
        said = run("systemctl", "show", "--property=ActiveState,ConditionResult,Result", unit, timeout_s=_ASKED_S)
    except CommandFailed as err:
        return {"why": _reason(err)}
    return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)


def _reason(err: Exception) -> str:
    """In one line."""
    text = err.text.why if isinstance(err, Problem) else str(err)
    return " ".join(text.split()) or type(err).__name__
