"""Decides, without IO, how a site is taken back: which steps, in which order, and what speaks against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hosted_engine.deploy import desired_state
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import LEASE, LOCKSPACE, VOLUMES, Decisions
from hosted_engine.deploy.plan import Kind, Observed, PlannedStep, plan
from node.api.messages.images import Contents

LAST = (Kind.CLAIM, Kind.AUTHORITY)
WIDENED = (Kind.LOCKSPACE,)  # a deploy without its first node does it elsewhere
MOST_NAMED = 3
ENGINE_NOTES = (
    "storage-domain.json",
    ".storage-domain.json.part",
    "ovf/",
)  # images are told apart


@dataclass(frozen=True, slots=True)
class RemainingNode:
    """What there is on a node that answers. `added` are nodes that it knows as the engine's, and not the deploy's;
    `vms` the names of those that are not the engine's; `volumes` those of the site that the pool has, `contents` what
    is on those that are mounted."""

    member: bool = False
    added: tuple[str, ...] = ()
    vms: tuple[str, ...] = ()
    volumes: frozenset[str] = frozenset()
    contents: Mapping[str, Contents] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemainingState:
    """What there is of a site. `unreachable` says why a node does not answer: nothing is known of it."""

    nodes: Mapping[str, RemainingNode] = field(default_factory=dict)
    unreachable: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What the journals say: steps that were begun, those that were done, those that have begun to be taken back."""

    begun: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()


def teardown_plan(answers: Answers, own: str | None, journals: Done) -> tuple[PlannedStep, ...]:
    """The steps that take back what deploys have begun, the last first; none when nothing was begun.

    Every one of them is planned again after a crash, for it is safe to repeat. Not so once nodes have begun to leave
    the site: that comes last, and nobody could ask them any more.
    """
    whole = plan(answers, Observed(own=own))
    leaving = any(key.startswith(f"{Kind.CLAIM}:") for key in journals.back)
    every = tuple(node.name for node in answers.nodes)
    return tuple(
        replace(step, description=description, nodes=every if step.kind in WIDENED else step.nodes)
        for step in reversed(whole)
        if step.key in journals.begun and (step.kind in LAST or not leaving)
        if (description := format_teardown_step(step, answers)) is not None
    )


def format_teardown_step(step: PlannedStep, answers: Answers) -> str | None:
    """What is done to take a step back; None where there is nothing to take back."""
    name = step.nodes[-1]
    match step.kind:
        case Kind.AUTHORITY:
            return "Delete the site's keys and passwords"
        case Kind.CLAIM:
            return f"Take {name} out of the site"
        case Kind.NAMES:
            return "Let the nodes forget each other's names"
        case Kind.NETWORK:
            nic = next(node.nic for node in answers.nodes if node.name == name)
            return f"Put {name} back from {answers.management_network} onto {nic}"
        case Kind.PEER:
            return f"Take {name} out of the storage pool"
        case Kind.VOLUME:
            return f"Delete volume {step.volume} with all bricks"
        case Kind.MOUNT:
            return f"Unmount volume {step.volume}"
        case Kind.LOCKSPACE:
            return "Take all nodes out of the lockspace"
        case Kind.JOIN:
            return "Take the other nodes out of the lockspace"
        case Kind.TINY:
            return "Delete the test guest's image"
        case Kind.SYSTEM:
            return "Delete the engine's disk and all that it knows"
        case Kind.SEED:
            return "Delete the engine's seed disk"
        case Kind.START:
            return "Stop the engine VM"
        case Kind.START_HA:
            return "Stop trivet-ha on all nodes"
        case Kind.LEASE | Kind.SITE_FILES | Kind.PREPARE | Kind.FINISH | Kind.RECOVERY | Kind.MIGRATION:
            return None  # they go with the volume or the node
        case Kind.HEALTH | Kind.HAND_OVER | Kind.TIMERS | Kind.ROLL:
            return None  # they only look; timers are those of the next site when it is made


def details(step: PlannedStep, answers: Answers) -> tuple[str, ...]:
    """The folders that a step of taking back deletes."""
    return desired_state.volume(answers, step.volume).bricks if step.kind is Kind.VOLUME else ()


def why_unreachable(left: RemainingState, journals: Done) -> str | None:
    """Why nodes that deploys have touched do not answer; None when all of them do."""
    touched = {name: why for name, why in left.unreachable.items() if f"{Kind.CLAIM}:{name}" in journals.begun}
    return "; ".join(why.removesuffix(".") for why in touched.values()) or None


def why_strangers(left: RemainingState, journals: Done) -> str | None:
    """Why nodes that are not members cannot be passed over: they were, and nobody has taken them out of the site."""
    strange = [
        name
        for name, node in left.nodes.items()
        if not node.member and f"{Kind.CLAIM}:{name}" in journals.done - journals.back
    ]
    return f"{', '.join(strange)} was a member and does not know of it any more" if strange else None


def why_in_use(decisions: Decisions, left: RemainingState, journals: Done) -> str | None:
    """What there is that no deploy made, or that cannot be looked at; None when all is the deploy's own."""
    added = sorted({name for node in left.nodes.values() for name in node.added})
    reasons = [f"host {name}, which the engine has taken in" for name in added]
    reasons += [f"VM {vm} on {name}" for name, node in left.nodes.items() for vm in node.vms]
    for volume in VOLUMES:
        there = any(volume in node.volumes for node in left.nodes.values())
        looks = [node.contents[volume] for node in left.nodes.values() if volume in node.contents]
        if looks:
            reasons += _foreign(decisions, volume, looks[0])
        elif there and f"{Kind.MOUNT}:{volume}" in journals.done - journals.back:
            reasons.append(f"volume {volume} is mounted nowhere, so that nobody can say what is on it")
    return "; ".join(reasons) or None


def _foreign(decisions: Decisions, volume: str, contents: Contents) -> list[str]:
    found = [file for file in contents.files if not file.startswith(_own(decisions, volume))]
    if not found and not contents.more:
        return []
    if contents.more or len(found) > MOST_NAMED:
        return [f"volume {volume} holds {', '.join(found[:MOST_NAMED])} and other files"]
    return [f"volume {volume} holds {', '.join(found)}"]


def _own(decisions: Decisions, volume: str) -> tuple[str, ...]:
    """How the paths of all files begin that a deploy puts onto `volume`, and an engine to say what lies there; parts of
    unfinished ones among them."""
    images = (decisions.system, decisions.seed, decisions.tiny)
    areas = ("lockspace", ".lockspace.", f"{LEASE}.lease", f".{LEASE}.lease.")
    leases = tuple(f"leases/{LOCKSPACE}/{area}" for area in areas) if volume == "engine" else ()
    kept = ("ha/",) if volume == "engine" else ()
    return (
        *kept,
        *ENGINE_NOTES,
        *(f"images/{image.disk_id}/" for image in images if image.storage_domain == decisions.volume_ids[volume]),
        *leases,
    )
