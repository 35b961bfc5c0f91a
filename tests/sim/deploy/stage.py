"""One site in memory and what is run on it: deploys, taking back, power cuts after any entry of their journals."""

from pathlib import Path

from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.journals import Journals
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.deploy.run import Deploy, Done
from hosted_engine.deploy.teardown import Teardown
from hosted_engine.management_network import has_bridge
from node.api.messages.vms import VmState
from node.steps import Entry, Progress, StepFailed
from node.system.journal import FileJournal
from tests.fakes.deploy import PowerCut, World

HEAD = 'site = "lab"\n[engine]\nname = "engine.lab.test"\naddress = "192.0.2.10/24"\n'
NODE = """
[[nodes]]
name = "{name}"
address = "192.0.2.{last}/24"
nic = "host0"
fingerprint = "{fingerprint}"
claim_code = "{code}"
bricks = {{ engine = "/bricks/engine/brick", data = "/bricks/data/brick" }}
"""


class Stage:
    """One site and its deploy; `run` is one process that ends or is killed."""

    def __init__(self, path: Path, names: tuple[str, ...] = ("node1", "node2", "node3")) -> None:
        self.folder = Folder(path / "deploy")
        self.journals = self.folder.journals = CutJournals(self.folder.path / "journal")
        self.world = World(self.folder, names)
        self.progress: list[Progress] = []
        self.answers = self._answers()

    async def run(self, answers: Answers | None = None) -> Done:
        with self.folder.locked():
            return await self._deploy(answers or self.answers).run()

    async def run_until_done(self, limit: int = 5) -> int:
        """Run again after each failure, each power cut and each error; how many runs it took."""
        for count in range(1, limit + 1):
            try:
                await self.run()
            except (PowerCut, StepFailed):
                continue
            return count
        raise AssertionError("never done")

    async def tear_down(self) -> tuple[PlannedStep, ...]:
        with self.folder.locked():
            return await self._taking_back().run()

    async def tear_down_until_done(self, limit: int = 5) -> int:
        for count in range(1, limit + 1):
            try:
                await self.tear_down()
            except (PowerCut, StepFailed):
                continue
            return count
        raise AssertionError("never taken back")

    async def remaining_teardown(self) -> list[str]:
        return [todo.key for todo in await self._taking_back().plan()]

    async def left(self) -> list[str]:
        return [todo.key for todo in await self._deploy(self.answers).plan()]

    def engine_states(self) -> list[VmState]:
        vm_id = self.folder.decisions(self.answers).engine_vm_id
        return [report.state for report in self.world.vms(vm_id)]

    def domain(self, volume: str) -> str:
        """The id of the storage domain that it becomes."""
        return self.folder.decisions(self.answers).volume_ids[volume]

    def _deploy(self, answers: Answers) -> Deploy:
        return Deploy(
            answers, self.folder, self.world, self.world.clock, on_step=self.progress.append, on_wait=lambda _: None
        )

    def _taking_back(self) -> Teardown:
        return Teardown(
            self.answers,
            self.folder,
            self.world,
            self.world.clock,
            on_step=self.progress.append,
            on_wait=lambda _: None,
        )

    def _answers(self) -> Answers:
        nodes = [
            NODE.format(name=name, last=10 + number, fingerprint=node.host.fingerprint, code=node.host.claim_code)
            for number, (name, node) in enumerate(self.world.nodes.items(), 1)
        ]
        return parse(HEAD + "".join(nodes))


class CutJournal(FileJournal):
    """Pulls the plug after `cut_after` entries of this process."""

    cut_after: int | None = None

    def write(self, entry: Entry) -> None:
        super().write(entry)
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after == 0:
                raise PowerCut


class CutJournals(Journals):
    cut_after: int | None = None

    def new(self, *, back: bool = False) -> FileJournal:
        journal = CutJournal(super().new(back=back)._path)
        journal.cut_after, self.cut_after = self.cut_after, None
        return journal


async def assert_whole(stage: Stage) -> None:
    assert await stage.left() == []
    assert stage.engine_states().count(VmState.UP) == 1
    for node in stage.world.nodes.values():
        assert not node.net.checkpoints, f"{node.name} will lose its network again"
    folder = stage.folder.path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*") if path.is_file())


def assert_bare(stage: Stage) -> None:
    """Nothing is left of the site: not on the nodes, not on their bricks, not in the deploy's folder."""
    site = stage.world.site
    assert (site.peers, site.volumes, site.marked, site.filled) == ([], {}, {}, set())
    assert (site.images, site.seeds, site.leases, site.lockspaces) == ({}, {}, {}, {})
    for node, wished in zip(stage.world.nodes.values(), stage.answers.nodes, strict=True):
        assert node.machines.running() == 0
        assert (node.storage.mounted, node.storage.joined) == ({}, {})
        assert node.net.known == {}
        assert not node.machines.movable.listening
        assert not node.net.checkpoints, f"{node.name} will lose its network again"
        assert not has_bridge(stage.answers.management_network, node.net.network().document)
        assert (node.host.claimed, node.host.claim_code) == (None, wished.claim_code)
    assert [path.name for path in stage.folder.path.rglob("*") if path.is_file()] == ["lock"]
