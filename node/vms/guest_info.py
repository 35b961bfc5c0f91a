"""From what libvirt makes of a guest agent's answers to a report of bounded size; pure. A guest may say anything."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from node.api.messages.guests import GuestFilesystem, GuestNic, GuestReport, GuestSystem, GuestUser

Parameters = Mapping[str, Any]  # virDomainGetGuestInfo's: "if.0.addr.1.prefix"

MOST_CHARACTERS = 255
MOST_OF_A_KIND = 64
LARGEST_ANSWER = 64 << 10  # characters of an answer that is read here
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class _AgentInfo(msgspec.Struct):
    version: str = ""


class _Answer(msgspec.Struct, rename={"result": "return"}):
    result: _AgentInfo


def agent_version(answer: str) -> str:
    """Of guest-info's answer; empty where it is none."""
    if len(answer) > LARGEST_ANSWER:
        return ""
    try:
        return _text(msgspec.json.decode(answer.encode(errors="replace"), type=_Answer).result.version)
    except (msgspec.MsgspecError, RecursionError):
        return ""


def guest_report(vm_id: str, parameters: Parameters, version: str) -> GuestReport:
    """What is missing was not said, or makes no sense."""
    return GuestReport(
        vm_id=vm_id,
        host_name=_text(parameters.get("hostname")),
        agent=version,
        system=GuestSystem(
            id=_text(parameters.get("os.id")),
            name=_text(parameters.get("os.name")),
            version=_text(parameters.get("os.version")),
            version_id=_text(parameters.get("os.version-id")),
            kernel=_text(parameters.get("os.kernel-release")),
            machine=_text(parameters.get("os.machine")),
        ),
        time_zone=_text(parameters.get("timezone.name")),
        utc_offset_s=_offset(parameters.get("timezone.offset")),
        nics=tuple(_nics(parameters)),
        users=tuple(_users(parameters)),
        filesystems=tuple(_filesystems(parameters)),
    )


def differs(before: GuestReport | None, now: GuestReport) -> bool:
    """How full its file systems are changes all the time, and is told with the next thing that does not."""
    return before is None or _without_use(before) != _without_use(now)


def _without_use(report: GuestReport) -> GuestReport:
    emptied = tuple(msgspec.structs.replace(one, used_bytes=0) for one in report.filesystems)
    return msgspec.structs.replace(report, filesystems=emptied)


def _nics(parameters: Parameters) -> Iterator[GuestNic]:
    for key in _keys(parameters, "if"):
        mac = _text(parameters.get(f"{key}.hwaddr")).lower()
        addresses = (_address(parameters.get(f"{one}.addr")) for one in _keys(parameters, f"{key}.addr"))
        found = tuple(dict.fromkeys(filter(None, addresses)))
        name = _text(parameters.get(f"{key}.name"))
        if name and (_MAC.fullmatch(mac) or found) and not all(map(_is_loopback, found or ("",))):
            yield GuestNic(name=name, mac=mac if _MAC.fullmatch(mac) else "", addresses=found)


def _users(parameters: Parameters) -> Iterator[GuestUser]:
    for key in _keys(parameters, "user"):
        if name := _text(parameters.get(f"{key}.name")):
            since = _number(parameters.get(f"{key}.login-time")) / 1000
            yield GuestUser(name=name, domain=_text(parameters.get(f"{key}.domain")), since=since)


def _filesystems(parameters: Parameters) -> Iterator[GuestFilesystem]:
    for key in _keys(parameters, "fs"):
        if (mountpoint := _text(parameters.get(f"{key}.mountpoint"))) and f"{key}.total-bytes" in parameters:
            yield GuestFilesystem(
                mountpoint=mountpoint,
                type=_text(parameters.get(f"{key}.fstype")),
                size_bytes=_number(parameters.get(f"{key}.total-bytes")),
                used_bytes=_number(parameters.get(f"{key}.used-bytes")),
            )


def _keys(parameters: Parameters, prefix: str) -> Iterator[str]:
    count = min(_number(parameters.get(f"{prefix}.count")), MOST_OF_A_KIND)
    return (f"{prefix}.{number}" for number in range(count))


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value[:MOST_CHARACTERS] if char.isprintable())


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else 0


def _offset(value: object) -> int:
    return value if isinstance(value, int) and abs(value) <= 24 * 3600 else 0


def _address(value: object) -> str:
    try:
        return str(ipaddress.ip_address(_text(value).partition("%")[0]))
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    return bool(address) and ipaddress.ip_address(address).is_loopback
