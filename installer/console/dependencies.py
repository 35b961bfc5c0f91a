"""What the console is given: how to look at this machine and how to change it. Tests hand in another machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gluster.state import PoolState
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.folder import DEFAULT_FOLDER, Folder
from installer.console.neighbours import Neighbours
from installer.console.root_account import RootAccount
from installer.console.session import Session
from installer.console.status_part import StatusPart
from node.api.messages.identity import Offer
from node.clock import Clock
from node.config import Config
from node.registration.join_files import ENGINE_PORT, JoinFiles
from node.system.process import Run

ANSWERS_FILE = Path("/etc/trivet/answers.toml")


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """`outside` runs a command on the terminal itself while the screen is away, and waits for Enter when it failed
    and the second argument says so. `observe_pool` gives the true state of
    the storage, `offer` what this machine would bring into a site, `engine_fingerprint` that of the key of the engine
    at an address (raises Problem; a few seconds). `may_leave`: there is a shell to go back to."""

    status_parts: Sequence[StatusPart]
    settings: Callable[[], Config]
    run: Run
    clock: Clock
    session: Session
    root: RootAccount
    neighbours: Neighbours
    observe_pool: Callable[[], PoolState]
    offer: Callable[[], Offer]
    engine_fingerprint: Callable[[str], str]
    join_files: Callable[[Config], JoinFiles]
    reach: Callable[[Folder], Connector]
    outside: Callable[[Sequence[str], bool], None]
    may_leave: bool = True
    engine_port: int = ENGINE_PORT
    deploy_folder: Path = DEFAULT_FOLDER
    answers_file: Path = ANSWERS_FILE
    bundles: Path = Path("/var/lib/trivet/support")
    root_folder: Path = field(default=Path("/"))
