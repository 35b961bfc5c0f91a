"""A node in memory on whose console tests press keys: its own files, its neighbours, a site that can be deployed."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

from textual.pilot import Pilot

from gluster.state import PoolState
from hosted_engine.deploy.folder import Folder
from installer.console.app import ConsoleApp
from installer.console.dependencies import Dependencies
from installer.console.neighbours import CodeRefused, NotReached, Presented
from installer.console.own import read_own
from installer.console.root_account import RootAccount
from installer.console.session import Session
from installer.console.status_part import StatusPart
from node.api.messages.identity import Identity, Offer, OfferedAddress
from node.config import Config
from node.registration import credentials
from node.registration.engine_client import EngineUnreachable
from node.registration.join_files import JoinFiles
from node.registration.membership import CLAIM
from node.system.process import CommandFailed
from tests.fakes.deploy import World
from tests.fakes.pool import whole_pool
from tests.unit.netconf.screens.console import SIZE, golden

PASSWORD = "correct horse"
HASH = "$y$j9T$abcdefgh$0123456789"
GOLDEN = Path(__file__).parents[3] / "data/installer/console"
MOUNTS = ("/gluster/engine", "/gluster/data")


class FakeRun:
    """Answers by the first words of a command; everything that ran is in `ran`, with what it was given."""

    def __init__(self) -> None:
        self.answers: dict[str, str | CommandFailed] = {}
        self.ran: list[tuple[tuple[str, ...], str]] = []

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.ran.append((argv, stdin))
        if argv[0] == "unix_chkpwd" and stdin != f"{PASSWORD}\0":
            raise CommandFailed(argv, "", status=7)
        command = " ".join(argv)
        for start, answer in self.answers.items():
            if command.startswith(start):
                if isinstance(answer, CommandFailed):
                    raise answer
                return answer
        return ""

    def commands(self, start: str) -> list[tuple[str, ...]]:
        return [argv for argv, _ in self.ran if " ".join(argv).startswith(start)]


class FakeNeighbours:
    """The other nodes of `world`, at 192.0.2.12 and so on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.fingerprints: dict[str, str] = {}  # another key at that address
        self.offers = True
        self.answer = True

    def present(self, address: str) -> Presented:
        name = f"node{int(address.rpartition('.')[2]) - 10}"
        if name not in self._world.nodes:
            raise NotReached(address=address, reason="no route to host")
        fingerprint = self.fingerprints.get(address, self._world.nodes[name].host.fingerprint)
        return Presented(address, name, fingerprint, "its certificate", issued_by_site=False)

    def find(self, network: IPv4Network, but: Collection[str]) -> tuple[Presented, ...]:
        hosts = [str(host) for host in network.hosts()] if self.answer else []
        return tuple(self.present(host) for host in hosts[10:13] if host not in but)

    def identity(self, presented: Presented, claim_code: str) -> Identity:
        node = self._world.nodes[presented.name]
        if claim_code != node.host.claim_code:
            raise CodeRefused(name=node.name, reason="the claim code is another one")
        offer = Offer(
            addresses=(OfferedAddress(nic="host0", address=f"{presented.address}/24"),), dns=(), mounts=MOUNTS
        )
        return Identity(
            node_id=node.node_id,
            name=node.name,
            fingerprint=node.host.fingerprint,
            claimed=False,
            certificate_request_pem="",
            api_version=1,
            offer=offer if self.offers else None,
        )


class Machine:
    """node1 of `world`; what a test does to it is changing these attributes before `on`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Config(name="node1", state=str(folder / "trivet"))
        self.deploy_folder = Folder(folder / "deploy")
        self.world = World(self.deploy_folder)
        self.run = FakeRun()
        self.neighbours = FakeNeighbours(self.world)
        self.session = Session(open_for_good=True)
        self.may_leave = True
        self.status_parts: tuple[StatusPart, ...] = (StatusPart("Node", lambda: ("node1",)),)
        self.read_settings: Callable[[], Config] | None = None
        self.pool: Callable[[], PoolState] = whole_pool
        self.offered = Offer(addresses=(OfferedAddress(nic="host0", address="192.0.2.11/24"),), mounts=MOUNTS)
        self.outside: list[tuple[str, ...]] = []
        self.shadow = folder / "shadow"
        self.shadow.write_text(f"daemon:*:19000::::::\nroot:{HASH}:19000::::::\n")
        self.engines = {"engine.example.test": "ab" * 32}
        self.join_files = JoinFiles(self.settings.own_folder, folder, folder / "join-request.json")
        self._make_own_files()

    def _make_own_files(self) -> None:
        own, node = self.settings.own_folder, self.world.nodes["node1"]
        own.mkdir(parents=True)
        key = credentials.load_key(credentials.new_key_pem())
        now = datetime(2026, 11, 30, tzinfo=UTC)
        (own / credentials.CERTIFICATE).write_text(credentials.self_signed_pem(key, "node1", ["192.0.2.11"], now))
        (own / CLAIM).write_text(node.host.claim_code)
        node.host.request_pem = credentials.request_pem(key, "node1", ["192.0.2.11"])
        node.host.fingerprint = read_own(self.settings).fingerprint

    @property
    def answers_file(self) -> Path:
        return self.folder / "etc/answers.toml"

    @property
    def dependencies(self) -> Dependencies:
        def outside(argv: Sequence[str], pauses: bool) -> None:
            self.outside.append(tuple(argv))

        return Dependencies(
            status_parts=self.status_parts,
            settings=self.read_settings or (lambda: self.settings),
            run=self.run,
            clock=self.world.clock,
            session=self.session,
            root=RootAccount(self.run, self.shadow),
            neighbours=self.neighbours,
            observe_pool=lambda: self.pool(),
            offer=lambda: self.offered,
            engine_fingerprint=self.engine_fingerprint,
            join_files=lambda _: self.join_files,
            reach=lambda _: self.world,
            outside=outside,
            may_leave=self.may_leave,
            deploy_folder=self.deploy_folder.path,
            answers_file=self.answers_file,
            bundles=self.folder / "support",
            root_folder=self.folder / "root",
        )

    def engine_fingerprint(self, engine: str) -> str:
        if engine not in self.engines:
            raise EngineUnreachable(engine=engine, reason="no route to host")
        return self.engines[engine]

    @asynccontextmanager
    async def on(self, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[None]]:
        async with ConsoleApp(self.dependencies).run_test(size=size) as pilot:
            yield pilot


async def shows(pilot: Pilot[None], name: str, expected: str) -> None:
    await golden(pilot, name, expected, GOLDEN)
