"""Asks this machine how it is, part by part; each works without the others. What they find is said by `formats`."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509

from gluster.report import make_report
from hosted_engine.ha.site_reader import NoDaemon, VolumeUnreachable
from hosted_engine.ha.site_reader import SiteReader as SiteReader
from installer.console import formats
from installer.console.model import Lines
from installer.console.own import read_own
from installer.console.status_part import StatusPart, describe
from installer.storage import observe_state
from netconf.choose import backend_by_name
from netconf.errors import Problem as NetworkProblem
from netconf.model import NetworkState
from node.api.problems import Problem
from node.config import Config
from node.registration.credentials import AUTHORITY, CERTIFICATE
from node.registration.join_files import OVER, join_files_of
from node.storage.desired import NAME as DESIRED
from node.storage.desired import damaged_file
from node.system.files import read_or_none
from node.system.process import CommandFailed, Run
from node.tls import fetch_certificate
from node.upgrade.running import running_version

STORAGE_S = 45.0  # gluster's own limits are 30 s
NETWORK_MANAGER_S = 5.0
AGENT = "trivet-node.service"
ENGINE_PORT = 443
RECOVER = "! set the clock right, then in the shell: trivet node recover-certificates"
NO_SITE: Lines = ("none: this node is in no site yet",)


def all_status_parts(settings: Callable[[], Config], run: Run) -> tuple[StatusPart, ...]:
    """`settings` is asked each time: a file with a mistake is said where it is needed, and may be mended meanwhile."""
    return (
        StatusPart("Node", lambda: _own(settings())),
        StatusPart("Network", _network),
        StatusPart("Agent", lambda: _agent(settings(), run)),
        StatusPart("Volumes", lambda: _storage(settings()), every_s=15, limit_s=STORAGE_S),
        StatusPart("Engine", lambda: _engine(settings()), every_s=5, limit_s=20),
        StatusPart("Certificates", lambda: _certificates(settings()), every_s=60, limit_s=25),
    )


def _own(settings: Config) -> Lines:
    own = read_own(settings)
    lines = (*formats.format_own(own, running_version()), *_damage(settings))
    return lines if own.site is not None else (*lines, *_joining(settings))


def _damage(settings: Config) -> Lines:
    if not damaged_file(settings.own_folder / DESIRED).exists():
        return ()
    return ("! what is mounted here was unreadable: have the engine install this host again (in Maintenance mode)",)


def _joining(settings: Config) -> Lines:
    files = join_files_of(settings)
    wanted = files.wanted() or files.request()
    status = files.status()
    if wanted is not None:
        return formats.format_joining(wanted.engine, status)
    return formats.format_joining("a site", status) if status is not None and status.state in OVER else ()


def _network() -> Lines:
    state, managed = asyncio.run(_observe_network())
    lines = formats.format_network(state)
    return lines if managed else (*lines, "! NetworkManager does not answer: this is what the kernel has")


async def _observe_network() -> tuple[NetworkState, bool]:
    """The network, and whether NetworkManager has said so; where it does not in time, the kernel."""
    manager = backend_by_name("networkmanager")
    with contextlib.suppress(TimeoutError, NetworkProblem, OSError):
        async with asyncio.timeout(NETWORK_MANAGER_S):
            if await manager.answers():
                return await manager.show(), True
    return await backend_by_name("kernel").show(), False


def _agent(settings: Config, run: Run) -> Lines:
    try:
        fetch_certificate("127.0.0.1", settings.port, None, timeout_s=5)
    except OSError as err:
        return formats.format_agent(False, describe(err), _unit(run))
    return formats.format_agent(True, "", "")


def _unit(run: Run) -> str:
    try:
        return run("systemctl", "is-active", AGENT, timeout_s=5).strip()
    except CommandFailed as err:
        return err.stdout.strip() or "unknown to systemd"


def is_member(settings: Config) -> bool:
    return (settings.own_folder / AUTHORITY).exists()


def _storage(settings: Config) -> Lines:
    if not is_member(settings):
        return NO_SITE
    return formats.format_storage(make_report(observe_state()))


def _engine(settings: Config) -> Lines:
    if not is_member(settings):
        return NO_SITE
    reader = SiteReader(settings)
    try:
        daemon = reader.daemon()
    except NoDaemon:
        daemon = None
    try:
        return formats.format_engine(reader.site(), daemon)
    except VolumeUnreachable as err:
        return (f"! where it runs is unknown: volume engine: {describe(err)}", *formats.format_daemon(daemon))


def _certificates(settings: Config) -> Lines:
    folder = settings.own_folder
    files = (("this node", CERTIFICATE), ("the site", AUTHORITY))
    own = [(name, _end(pem)) for name, file in files if (pem := read_or_none(folder / file)) is not None]
    if not own:
        return ("! none: the agent has never run on this node",)
    now = datetime.now(UTC)
    lines = formats.format_certificates(own, now)
    if not is_member(settings):
        return lines
    hint = (RECOVER,) if any(end <= now for _, end in own) else ()
    return (*lines, *hint, *_of_engine(settings))


def _of_engine(settings: Config) -> Lines:
    """As it shows it to anybody; that it is the engine's own is for those to check who trust it."""
    try:
        address = SiteReader(settings).site().site.engine.address
        pem = fetch_certificate(address, ENGINE_PORT, None, timeout_s=5)
    except (OSError, Problem) as err:
        return (f"the engine: unknown, for it was not reached: {describe(err)}",)
    return formats.format_certificates([("the engine", _end(pem.encode()))], datetime.now(UTC))


def _end(pem: bytes) -> datetime:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc
