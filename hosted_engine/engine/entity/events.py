"""Which events an entity has."""

from dataclasses import dataclass

from hosted_engine.engine.events.kinds import EventKind


@dataclass(frozen=True, slots=True)
class Events:
    """What is written down when one is added, changed, removed; the blanks are `{name}` and `{user}`."""

    add: EventKind | None = None
    update: EventKind | None = None
    remove: EventKind | None = None


NO_EVENTS = Events()


def events(name: str, subject: str) -> Events:
    """The events USER_ADD_…, USER_UPDATE_… and USER_REMOVE_… of `name`; `subject` begins their sentences ("Tag")."""
    return Events(
        EventKind(f"USER_ADD_{name}", f"{subject} {{name}} was added by {{user}}."),
        EventKind(f"USER_UPDATE_{name}", f"{subject} {{name}} was changed by {{user}}."),
        EventKind(f"USER_REMOVE_{name}", f"{subject} {{name}} was removed by {{user}}."),
    )
