"""What a fence agent can be told, from the metadata that it prints of itself. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

NEEDED = frozenset({"on", "off", "status"})
# Given by options of their own, or not for us: what a program would be run for, and what is written somewhere.
OWN = {"ip": "--address", "ipport": "--port", "username": "--user", "password": "the prompt"}
NOT_SET_HERE = frozenset(
    {"action", "delay", "help", "version", "quiet", "verbose", "verbose_level", "debug_file", "password_script"}
)
_BOOLEAN = frozenset({"1", "0", "yes", "no", "on", "off", "true", "false"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is the agent's word: string, boolean, integer, second, select."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    is_deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    agent: str
    parameters: Mapping[str, Parameter]
    actions: frozenset[str]


def parse_metadata(text: str) -> Metadata:
    """Raises ValueError when it is no agent's."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as err:
        raise ValueError(f"it is no XML ({err})") from err
    found = [_parameter(one) for one in root.iterfind("parameters/parameter")]
    actions = frozenset(one.get("name", "") for one in root.iterfind("actions/action"))
    return Metadata(root.get("name", ""), {one.name: one for one in found}, actions)


def why_not_agent(metadata: Metadata) -> str | None:
    """Whether it can be used at all: it has to cut power, give it back, and say how it is."""
    missing = sorted(NEEDED - metadata.actions)
    if missing:
        return f"has no action {', '.join(missing)}"
    return None if "ip" in metadata.parameters else "takes no address"


def why_not_option(metadata: Metadata, name: str, value: str) -> str | None:
    """Why the agent cannot be told this, in words that follow the option's name."""
    parameter = metadata.parameters.get(name)
    if parameter is None:
        return f"is no parameter of {metadata.agent}"
    if name in OWN:
        return f"is given by {OWN[name]}"
    if name in NOT_SET_HERE or name.endswith("_path"):
        return "cannot be set here"
    if parameter.is_deprecated:
        return f"is an old name; {metadata.agent} --help has the one that replaced it"
    return _why_not_value(parameter, value)


def _why_not_value(parameter: Parameter, value: str) -> str | None:
    match parameter.kind:
        case "boolean" if value.lower() not in _BOOLEAN:
            return "has to be yes or no"
        case "integer" if not re.fullmatch(r"-?\d{1,9}", value):
            return "has to be a number"
        case "second" if not re.fullmatch(r"\d{1,5}(\.\d+)?", value):
            return "has to be a number of seconds"
        case "select" if value not in parameter.choices:
            return f"has to be one of {', '.join(parameter.choices)}"
    return None


def _parameter(element: ElementTree.Element) -> Parameter:
    content = element.find("content")
    return Parameter(
        name=element.get("name", ""),
        kind=content.get("type", "string") if content is not None else "string",
        choices=tuple(one.get("value", "") for one in content.iterfind("option")) if content is not None else (),
        is_deprecated=element.get("deprecated") == "1",
    )
