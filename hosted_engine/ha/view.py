"""What one node knows in one round, to decide from. Every time is of the node's own monotonic clock."""

from dataclasses import dataclass, field

from hosted_engine.ha.profiles import DEFAULT, Profile
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, State, VmState
from hosted_engine.ha.whiteboard import BadBlock, HostBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the node remembers from round to round. Changed by `memory.after_decision` and `after_action` alone."""

    state: State = State.REINITIALIZE
    since: float = 0.0  # in this state
    failed_starts: tuple[float, ...] = ()
    stop_counts: bool = False  # the VM is being stopped because it was sick: a failed start
    migrating_to: int | None = None
    migration_failed_at: float | None = None
    migration_failed_to: tuple[int, ...] = ()
    resume_failed_since: float | None = None
    better_since: float | None = None  # another host is better by the threshold since then
    fence_failed_at: float | None = None
    refused_at: float | None = None  # a start found the lease held
    paused: bool = False  # the VM was, in the round before


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`host_id`: who holds it or held it last. `since`: state and holder are like this."""

    state: LeaseState = LeaseState.UNKNOWN
    host_id: int | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The engine volume from here. None is unknown. `read_at`: when the last round on it that has ended was begun; what
    hangs says nothing about anybody. `readable_since`: every read has succeeded since then. `full_at`: the last look at
    which it was."""

    readable: bool | None = None
    writable: bool | None = None
    full: bool | None = None
    read_at: float | None = None
    readable_since: float | None = None
    full_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another member. `changed_at`: when its sequence was seen to change here; None when it never was.

    `answers`: over the network, to any probe; None is unknown. `answered_at`: when it was asked last and did.
    """

    host_id: int
    block: HostBlock | BadBlock
    sequence: int | None = None  # the last that could be read
    changed_at: float | None = None
    answers: bool | None = None
    answers_since: float = 0.0  # it answers, or does not, since then; the latter counts from its last answer
    answered_at: float | None = None
    fencing: Fencing = Fencing.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the monitors found in a round; `observe.next_view` makes a view of it. None is unknown.

    `blocks`: of every member but this host, as decoded. `lease`: state and holder. `global_maintenance`: None when the
    cluster's block says nothing. `running`: the action that an earlier round began and that has not ended.
    `clock_trouble`: what is wrong with the clock of this host or of its engine, in words.
    """

    now: float
    storage_readable: bool | None
    storage_writable: bool | None
    blocks: tuple[tuple[int, HostBlock | BadBlock], ...]
    vm: VmState
    lease: tuple[LeaseState, int | None]
    measurements: Measurements
    health: Health = Health.UNKNOWN
    global_maintenance: bool | None = None
    local_maintenance: bool = False
    answering: tuple[tuple[int, bool | None], ...] = ()
    fencing: tuple[tuple[int, Fencing], ...] = ()
    storage_full: bool | None = None
    storage_read_at: float | None = None  # None: now
    answering_at: float | None = None  # when that was asked; None: now
    running: Action | None = None
    clock_trouble: str = ""
    restart_asked_at: float | None = None
    booted_at: float | None = None  # when the VM was started or its guest began to boot again, where that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`…_since`: it is as it is since then. `global_maintenance`: the last word that was read, None before any."""

    now: float
    host_id: int
    memory: Memory = field(default_factory=Memory)
    profile: Profile = DEFAULT
    storage: Storage = field(default_factory=Storage)
    vm: VmState = VmState.UNKNOWN
    vm_since: float = 0.0
    health: Health = Health.UNKNOWN
    health_since: float = 0.0
    healthy_at: float | None = None  # the last look at which it was
    booted_at: float | None = None
    lease: Lease = field(default_factory=Lease)
    global_maintenance: bool | None = None
    local_maintenance: bool = False
    measurements: Measurements = field(default_factory=Measurements)
    peers: tuple[Peer, ...] = ()
    running: Action | None = None
    clock_trouble: str = ""
    restart_asked_at: float | None = None  # by somebody on this host


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The next state, the one thing to do, and why, in plain words. `target`: of migrate, fence and free_host_id.

    `failed_start`: a start on this host turned out to have failed. `sick`: the stop counts as one, when it is done.
    """

    state: State
    action: Action
    reason: str
    target: int | None = None
    failed_start: bool = False
    sick: bool = False
