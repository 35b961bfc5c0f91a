"""What a board management controller answers, as far as Redfish describes a machine's power: pure.

After DMTF's DSP0266 and the schema ComputerSystem; one controller, one system. Nothing is said without a password.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

ROOT = "/redfish/v1"
USER = "fence"


class Power(Protocol):
    """The machine behind the controller."""

    def is_on(self) -> bool: ...
    def off(self) -> None: ...
    def on(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class Reset(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="ResetType")


class Controller:
    """`system`: the machine's name."""

    def __init__(self, system: str, password: str, power: Power) -> None:
        self._system, self._password, self._power = system, password, power
        self._uri = f"{ROOT}/Systems/{system}"

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> Answer:
        if not is_authorized(authorization, self._password):
            return Answer(401, _error("Base.InsufficientPrivilege", "Give the user and the password"))
        path = path.rstrip("/")
        if method == "GET" and (found := self._resource(path)) is not None:
            return Answer(200, found)
        if method == "POST" and path == self._reset:
            return self._do_reset(body)
        return Answer(404, _error("Base.ResourceMissingAtURI", f"There is no {method} {path}"))

    @property
    def _reset(self) -> str:
        return f"{self._uri}/Actions/ComputerSystem.Reset"

    def _resource(self, path: str) -> dict[str, Any] | None:
        systems = f"{ROOT}/Systems"
        if path == ROOT:
            return {"@odata.id": ROOT, "Id": "RootService", "Systems": {"@odata.id": systems}}
        if path == systems:
            return {"@odata.id": systems, "Members": [{"@odata.id": self._uri}], "Members@odata.count": 1}
        return self._machine() if path == self._uri else None

    def _machine(self) -> dict[str, Any]:
        return {
            "@odata.id": self._uri,
            "Id": self._system,
            "Name": self._system,
            "PowerState": "On" if self._power.is_on() else "Off",
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": self._reset,
                    "ResetType@Redfish.AllowableValues": ["On", "ForceOff"],
                }
            },
        }

    def _do_reset(self, body: bytes) -> Answer:
        try:
            kind = msgspec.json.decode(body, type=Reset).kind
        except msgspec.MsgspecError as err:
            return Answer(400, _error("Base.MalformedJSON", str(err)))
        match kind:
            case "ForceOff":
                self._power.off()
            case "On":
                self._power.on()
            case _:
                return Answer(400, _error("Base.ActionParameterNotSupported", f"There is no reset {kind}"))
        return Answer(204)


def is_authorized(header: str, password: str) -> bool:
    """HTTP's basic authentication."""
    scheme, _, text = header.partition(" ")
    try:
        given = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, f"{USER}:{password}".encode())


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
