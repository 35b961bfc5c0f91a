"""The words in which hosts speak about the engine VM: states of the state machine and what the monitors observe."""

from enum import StrEnum


class State(StrEnum):
    """What one host is about, as far as the engine VM is concerned. Spelled as operators and the whiteboard see it."""

    REINITIALIZE = "reinitialize"
    ENGINE_DOWN = "engine_down"
    ENGINE_START = "engine_start"
    ENGINE_STARTING = "engine_starting"
    ENGINE_UP = "engine_up"
    ENGINE_UP_BAD_HEALTH = "engine_up_bad_health"
    ENGINE_STOP = "engine_stop"
    ENGINE_FORCE_STOP = "engine_force_stop"
    ENGINE_MAYBE_AWAY = "engine_maybe_away"
    ENGINE_UNEXPECTEDLY_DOWN = "engine_unexpectedly_down"
    GLOBAL_MAINTENANCE = "global_maintenance"
    LOCAL_MAINTENANCE = "local_maintenance"
    UNKNOWN_LOCAL_VM = "unknown_local_vm"
    AGENT_STOPPED = "agent_stopped"


SCORELESS = frozenset(
    {State.LOCAL_MAINTENANCE, State.ENGINE_UNEXPECTEDLY_DOWN, State.AGENT_STOPPED, State.REINITIALIZE}
)
WITHOUT_MEMORY_PENALTY = frozenset({State.ENGINE_UP, State.GLOBAL_MAINTENANCE})


class VmState(StrEnum):
    """The engine VM on one host, by its libvirt. `incoming` and `outgoing` are the two ends of a live migration."""

    ABSENT = "absent"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    UNKNOWN = "unknown"

    @property
    def is_here(self) -> bool:
        """There is a domain; an unknown one is neither here nor absent."""
        return self not in (VmState.ABSENT, VmState.UNKNOWN)


class Health(StrEnum):
    """The engine's health page over TLS, asked by the host on which the VM runs."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class LeaseState(StrEnum):
    """The engine VM's lease. `expired`: it has an owner that is proven dead, so that a start would get it."""

    FREE = "free"
    HELD = "held"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


class Fencing(StrEnum):
    """What can be done about a peer's power. `confirmed`: its device says it is off, since its last heartbeat."""

    NONE = "none"
    READY = "ready"
    FAILED = "failed"
    CONFIRMED = "confirmed"


class Action(StrEnum):
    """The one thing that a host does in a round."""

    NONE = "none"
    START = "start"
    STOP = "stop"  # asks the guest
    DESTROY = "destroy"
    RESUME = "resume"  # a VM that was paused by an error of its disk
    MIGRATE = "migrate"  # to the host `target`
    FENCE = "fence"  # cut the power of the host `target`, and have its device confirm it
    FREE_HOST_ID = "free_host_id"  # give back the lockspace id of the host `target`, which is confirmed to be off


class Outcome(StrEnum):
    """How an action ended. `lease_held` of a start is a wait, never a failure."""

    DONE = "done"
    LEASE_HELD = "lease_held"
    FAILED = "failed"
