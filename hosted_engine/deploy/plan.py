"""Decides, without IO, which steps bring the engine up from what was asked and what is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import VOLUMES
from hosted_engine.deploy.desired_state import names
from hosted_engine.deploy.rolling import REASON, Rolling, SiteFiles, roll, why_not_set
from node.api.messages.ha import SiteNode
from node.api.messages.leases import LeaseTimersReport
from node.api.messages.vms import VmState


class Kind(StrEnum):
    AUTHORITY = "authority"
    CLAIM = "claim"
    NAMES = "names"
    NETWORK = "network"
    PEER = "peer"
    VOLUME = "volume"
    MOUNT = "mount"
    TIMERS = "timers"
    LOCKSPACE = "lockspace"
    JOIN = "join"
    MIGRATION = "migration"
    LEASE = "lease"
    TINY = "tiny"
    SYSTEM = "system"
    SEED = "seed"
    SITE_FILES = "site_files"
    PREPARE = "prepare"
    START = "start"
    HEALTH = "health"
    HAND_OVER = "hand_over"
    RECOVERY = "recovery"
    START_HA = "keep"
    ROLL = "roll"
    FINISH = "finish"


MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step, described. `key` is the same whenever the plan is made again; `nodes` are those it acts on."""

    kind: Kind
    key: str
    description: str
    nodes: tuple[str, ...]
    volume: str = ""


@dataclass(frozen=True, slots=True)
class ObservedNode:
    """What is there on a node that answers. Before it is a `member` nothing but its identity can be asked.

    `peers` are the names of those that share the Gluster pool with it; `volumes` are in order, started and as asked;
    `mounted` has the name by which each of them is: the storage domain's id, or the volume's own as an earlier version
    of Trivet did it, which mounting it by id mends. `drifted` are those that are there and have other options, with the
    names of these. `movable_to`: with whom it exchanges running VMs, itself among them; none while it does not listen.
    """

    member: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    network_ready: bool = False
    peers: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    drifted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mounted: Mapping[str, str] = field(default_factory=dict)
    joined: bool = False
    timers: LeaseTimersReport | None = None
    runs_ha: bool = False
    movable_to: frozenset[str] = frozenset()
    maintenance: str = ""
    vm: VmState | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there. A node that is not in `nodes` did not answer: nothing is known of it, `unreachable` says why.

    `added`: nodes that the engine has taken in, as volume engine names them. `edited`: the engine VM's memory and
    processors were changed in the API and are other than the answers'. `own` is the node that the deploy runs on.
    `formed` says that a deploy has ended well before: then a node may be silent, and the site is brought up without it.
    """

    nodes: Mapping[str, ObservedNode] = field(default_factory=dict)
    unreachable: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None
    authority: bool = False
    images: frozenset[Kind] = frozenset()
    lease: bool = False
    site_files: SiteFiles = field(default_factory=SiteFiles)
    added: tuple[SiteNode, ...] = ()
    healthy: bool = False
    handed_over: bool = False
    recovery: bool = False
    formed: bool = False
    edited: bool = False

    @property
    def lives(self) -> bool:
        """Somebody may hold the engine's lease."""
        return self.formed or self.lease

    @property
    def running_on(self) -> str | None:
        """The node that runs the engine VM, or that cannot say that it does not."""
        return next((name for name, node in self.nodes.items() if node.vm not in (None, VmState.DOWN)), None)


def expected(answers: Answers, observed: Observed) -> tuple[str, ...]:
    """The nodes to act on: all of them, until the site has been formed; then those that answer."""
    every = tuple(node.name for node in answers.nodes)
    return tuple(name for name in every if name in observed.nodes) if observed.formed and observed.nodes else every


def plan(answers: Answers, observed: Observed, unfinished: frozenset[str] = frozenset()) -> tuple[PlannedStep, ...]:
    """The steps that are still to do, in order; none when the site is as it was asked for.

    `unfinished` are keys of an interrupted run: these steps are done again on all nodes, whatever the look says.
    """
    drawn = _Planner(answers, observed, unfinished)
    drawn.nodes()
    drawn.storage()
    drawn.engine()
    drawn.timers()
    return tuple(drawn.steps)


def rolling(answers: Answers, observed: Observed) -> Rolling:
    """Whether the timers of the site are other than the answers have them, and what can be done about it."""
    return roll(
        answers,
        {
            n: node.timers
            for n, node in observed.nodes.items()
            if (node.joined or observed.lives) and node.timers is not None
        },
        left=frozenset(name for name, node in observed.nodes.items() if node.maintenance == REASON),
        running_on=observed.running_on,
        files=observed.site_files,
        unreachable=tuple(node.name for node in answers.nodes if node.name not in observed.nodes),
    )


def _volume_description(volume: str, drifted: tuple[str, ...]) -> str:
    if not drifted:
        return f"Make volume {volume}"
    more = len(drifted) - MOST_NAMED
    named = ", ".join(drifted[:MOST_NAMED]) + (f" and {more} more options" if more > 0 else "")
    return f"Set {named} on volume {volume} as they should be"


class _Planner:
    """Goes through all steps of a deploy in order and keeps those that are needed."""

    def __init__(self, answers: Answers, observed: Observed, unfinished: frozenset[str]) -> None:
        self.steps: list[PlannedStep] = []
        self._answers, self._observed, self._unfinished = answers, observed, unfinished
        self._expected = expected(answers, observed)
        self._lead = self._expected[0]
        self._rolling = rolling(answers, observed)

    def nodes(self) -> None:
        self._on_lead(Kind.AUTHORITY, "Make the certificate authority of the site", needed=not self._observed.authority)
        for name in self._expected:
            self._on([name], Kind.CLAIM, f"Make {name} a member", so=self._node(name).member, key=name)
        wanted = names(self._answers, self._observed.added)
        unnamed = [name for name in self._expected if not wanted.items() <= self._node(name).names.items()]
        self._add(Kind.NAMES, "Tell the nodes each other's names", unnamed, self._expected)
        for name in sorted(self._expected, key=lambda one: one == self._observed.own):
            description = f"Put {name} on the bridge {self._answers.management_network}"
            self._on([name], Kind.NETWORK, description, so=self._node(name).network_ready, key=name)

    def storage(self) -> None:
        first = self._node(self._lead)
        for name in self._expected[1:]:
            joined = name in first.peers and self._lead in self._node(name).peers
            self._on([self._lead, name], Kind.PEER, f"Join {name} to the storage pool", so=joined, key=name)
        for volume in VOLUMES:
            so, description = volume in first.volumes, _volume_description(volume, first.drifted.get(volume, ()))
            self._on([self._lead], Kind.VOLUME, description, so=so, key=volume, volume=volume)
        for volume in VOLUMES:
            without = [name for name in self._expected if self._node(name).mounted.get(volume, volume) == volume]
            self._add(Kind.MOUNT, f"Mount volume {volume}", without, self._expected, key=volume, volume=volume)
        self._timers_outside()
        outside = [name for name in self._expected if not self._node(name).joined]
        self._add(Kind.LOCKSPACE, f"Make the lockspace and join {self._lead}", outside[:1], self._expected[:1])
        self._add(Kind.JOIN, "Join the other nodes to the lockspace", outside[1:], self._expected[1:])
        every = {node.name for node in self._answers.nodes} | {node.name for node in self._observed.added}
        alone = [name for name in self._expected if not self._node(name).movable_to >= every]
        self._add(Kind.MIGRATION, "Let running VMs move between the nodes, over TLS", alone, self._expected)

    def engine(self) -> None:
        observed = self._observed
        self._on_lead(Kind.LEASE, "Make the lease of the engine", needed=not observed.lease)
        self._on_lead(Kind.TINY, "Put the test guest's image onto volume data", needed=Kind.TINY not in observed.images)
        description = "Put the engine's system image onto volume engine"
        self._on_lead(Kind.SYSTEM, description, needed=Kind.SYSTEM not in observed.images)
        self._on_lead(Kind.SEED, "Make the engine's seed disk", needed=Kind.SEED not in observed.images)
        description = "Write onto volume engine what any node needs to start the engine"
        self._on_lead(Kind.SITE_FILES, description, needed=self._rolling.write)
        description = "Let all nodes wait longer for the lease of a host that is gone, while their timers differ"
        written = any(step.kind is Kind.SITE_FILES for step in self.steps)  # may be of an interrupted run
        needed = self._rolling.prepare or (written and bool(self._rolling.nodes))
        self._on_lead(Kind.PREPARE, description, needed=needed)
        down = observed.running_on is None and not observed.healthy
        self._add(Kind.START, "Start the engine VM", self._expected if down else (), self._expected)
        self._add(Kind.HEALTH, "Wait for the engine", () if observed.healthy else self._expected, self._expected)
        description = "See that the engine has taken over nodes, storage and templates"
        self._add(Kind.HAND_OVER, description, () if observed.handed_over else self._expected, self._expected)
        description = "Put keys and decisions onto volume engine, sealed with the recovery code"
        self._on_lead(Kind.RECOVERY, description, needed=not observed.recovery)
        alone = [name for name in self._expected if not self._node(name).runs_ha]
        self._add(Kind.START_HA, "Let trivet-ha keep the engine alive on all nodes", alone, self._expected)

    def timers(self) -> None:
        """Of a site that lives, when all of its nodes answer."""
        if self._rolling.waits_for:
            return
        profile = self._answers.timers
        for name in self._rolling.nodes:
            description = f"Change {name} to the timers of {profile.description}, without the engine meanwhile"
            self._on([name], Kind.ROLL, description, so=False, key=name)
        for name in self._expected:
            if name not in self._rolling.nodes:
                self._on([name], Kind.ROLL, f"See that {name} is out of maintenance", so=True, key=name)
        prepared = any(step.kind is Kind.PREPARE for step in self.steps)
        description = f"Let all nodes count by the timers of {profile.description}"
        self._on_lead(Kind.FINISH, description, needed=self._rolling.finish or prepared)

    def _timers_outside(self) -> None:
        """Before there is a lease that anybody could hold."""
        nodes = [name for name in self._expected if not self._node(name).joined]
        wrong = [name for name in nodes if why_not_set(self._answers, self._node(name).timers) is not None]
        differ = () if self._observed.lives else wrong
        self._add(Kind.TIMERS, f"Give sanlock the timers of {self._answers.timers.description}", differ, nodes)

    def _node(self, name: str) -> ObservedNode:
        """What is known of a node; of one that is silent nothing is, so that everything is to do."""
        return self._observed.nodes.get(name, ObservedNode())

    def _on_lead(self, kind: Kind, description: str, *, needed: bool) -> None:
        self._on([self._lead], kind, description, so=not needed)

    def _on(self, nodes: list[str], kind: Kind, description: str, *, so: bool, key: str = "", volume: str = "") -> None:
        self._add(kind, description, () if so else nodes, nodes, key=key, volume=volume)

    def _add(
        self,
        kind: Kind,
        description: str,
        needing: Iterable[str],
        every: Iterable[str],
        *,
        key: str = "",
        volume: str = "",
    ) -> None:
        whole = f"{kind}:{key}" if key else kind.value
        nodes = tuple(every) if whole in self._unfinished else tuple(needing)
        if nodes:
            self.steps.append(PlannedStep(kind, whole, description, nodes, volume))
