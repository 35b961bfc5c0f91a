"""The fence devices of a site's nodes: one file on the engine volume, the same for every node. Holds secrets. Pure."""

import re
from collections.abc import Iterator
from typing import Annotated

import msgspec

from hosted_engine.ha import settings_file
from hosted_engine.ha.settings_file import HOST, is_pem
from node.api.problems import Failed, Refused

NAME = "fence.json"
VERSION = 1
TAKES_AUTHORITY = frozenset({"fence_redfish"})  # by the environment of Python's requests
_AGENT = re.compile(r"fence_[a-z0-9_]{1,40}")
_OPTION = re.compile(r"[a-z][a-z0-9_-]{0,60}")


class FenceDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`agent`: one of Debian's fence agents, by its name. `options`: other parameters of the agent's. `authority`: a
    PEM to trust instead of the system's authorities. `power_on`: the node is switched on again after its fencing."""

    agent: str
    address: str
    port: int | None = None
    user: str = ""
    password: str = ""
    options: dict[str, str] = {}
    authority: str = ""
    power_on: bool = True


class FenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`devices`: by the name of the node whose power they cut."""

    version: Annotated[int, msgspec.Meta(ge=1)] = VERSION
    devices: dict[str, FenceDevice] = {}


class BadFenceSetting(Refused):
    what = "The fence device was not set"
    why = "{name} {reason}"
    mend = "Correct it; trivet ha fence set --help shows what there is"
    status = 422


class FenceFileDamaged(Failed):
    what = "fence.json on volume engine cannot be used"
    why = "{reason}"
    mend = "Set the fence devices anew: trivet ha fence set"


def check(settings: FenceSettings) -> None:
    """Raises BadFenceSetting, which names what is wrong; what an agent's own parameters are it does not know."""
    for device in settings.devices.values():
        for name, reason in _problems(device):
            raise BadFenceSetting(name=name, reason=reason)


def parse(text: bytes) -> FenceSettings:
    """Raises FenceFileDamaged, also for one of a later version."""
    return settings_file.parse(text, FenceSettings, version=VERSION, check=check, damaged=FenceFileDamaged)


def with_device(settings: FenceSettings, node: str, device: FenceDevice | None) -> FenceSettings:
    """None takes the node's device away."""
    others = {name: one for name, one in settings.devices.items() if name != node}
    return FenceSettings(devices=others if device is None else others | {node: device})


def without_secrets(device: FenceDevice) -> dict[str, object]:
    """For eyes: the password is `set` or not, and so is an option that is named like one."""
    shown = {name: "set" if is_secret(name) else value for name, value in device.options.items()}
    hidden = {"password": "set" if device.password else "not set", "authority": "given" if device.authority else ""}
    found: dict[str, object] = msgspec.to_builtins(device) | hidden | {"options": shown}
    return found


def is_secret(option: str) -> bool:
    return any(word in option for word in ("pass", "secret", "token", "key", "community", "cookie"))


def _problems(device: FenceDevice) -> Iterator[tuple[str, str]]:
    if not _AGENT.fullmatch(device.agent):
        yield "agent", "has to be the name of a fence agent, as in fence_ipmilan"
    if not HOST.fullmatch(device.address):
        yield "address", "has to be a name or an address"
    if device.port is not None and not 1 <= device.port <= 65535:
        yield "port", "has to be 1 to 65535"
    yield from _line_problems("user", device.user)
    yield from _line_problems("the password", device.password)
    for name, value in device.options.items():
        if not _OPTION.fullmatch(name):
            yield "option", f"has to be NAME=VALUE with the name of a parameter, which {name!r} is not"
        yield from _line_problems(f"option {name}", value)
    if device.authority:
        yield from _authority_problems(device)


def _line_problems(name: str, text: str) -> Iterator[tuple[str, str]]:
    """A fence agent reads a line for each, and takes spaces and a pair of quotation marks around it off."""
    if len(text) > 1000 or not text.isprintable() or text != text.strip() or (text[:1] == '"' and text[-1:] == '"'):
        yield name, "has to be up to 1000 printable characters without spaces or quotation marks at its ends"


def _authority_problems(device: FenceDevice) -> Iterator[tuple[str, str]]:
    if device.agent not in TAKES_AUTHORITY:
        yield "authority", f"is not for {device.agent}: only {', '.join(sorted(TAKES_AUTHORITY))} can be given one"
    if not is_pem(device.authority):
        yield "authority", "has to be a file with certificates as PEM"
