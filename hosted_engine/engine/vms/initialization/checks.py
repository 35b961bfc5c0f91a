"""What the initialization of a VM is held to: all of it is carried out, by cloud-init or by sysprep, or refused."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, NetmaskValueError, ip_address, ip_interface
from typing import Any

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.vms.initialization import cloud_init, sysprep
from hosted_engine.engine.vms.initialization.model import (
    CLOUD_INIT_ALONE,
    SYSPREP_ALONE,
    BootProtocol,
    Initialization,
    Ip,
    NicConfiguration,
)
from hosted_engine.engine.vms.initialization.network_config import protocol_of
from hosted_engine.engine.vms.rules import time_zones

PLACE = "vm.initialization"
WITHOUT_XML = ("windows_xp", "windows_2003", "windows_2003x64")  # their sysprep reads sysprep.inf

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_USER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?")
_NIC_NAME = re.compile(r"[^\s/:]{1,15}")

Reasons = Iterator[tuple[str, object, str]]  # (member, value, reason)


def is_windows(os_type: str) -> bool:
    return os_type.startswith("windows")


def good_members(value: Any, place: str) -> Any:
    """Those that a body says; of what is secret the text is here for the last time."""
    script = (value or {}).get("custom_script", "").strip()
    is_answer_file = script.startswith("<")
    reason = sysprep.why_not_script(script) if is_answer_file else cloud_init.why_not_script(script)
    if reason is not None:
        raise BadValue(value="what was sent", field=f"{place}.custom_script", reason=reason)
    if "\n" in (value or {}).get("root_password", ""):
        raise BadValue(value="what was sent", field=f"{place}.root_password", reason="it may not have several lines")
    return value


def check_initialization(initialization: Initialization | None, os_type: str) -> None:
    """Raises BadValue for the first member that the guest's way cannot carry out."""
    if initialization is not None:
        if os_type in WITHOUT_XML:
            reason = "its answer files are no XML, and are not made: take its initialization away"
            raise BadValue(value=os_type, field="vm.os.type", reason=reason)
        for member, value, reason in _reasons(initialization, os_type):
            raise BadValue(value=value, field=f"{PLACE}.{member}", reason=reason)


def check_script(script: str, os_type: str) -> None:
    """Raises BadValue for one that is for another kind of guest."""
    if script.strip() and script.lstrip().startswith("<") is not is_windows(os_type):
        kind = "a Windows takes an answer file (<unattend …>)" if is_windows(os_type) else "cloud-init takes no XML"
        raise BadValue(
            value="what was sent", field=f"{PLACE}.custom_script", reason=f"{kind}, and os.type is {os_type}"
        )


def _reasons(initialization: Initialization, os_type: str) -> Reasons:
    windows = is_windows(os_type)
    said: Mapping[str, Any] = {name: getattr(initialization, name) for name in initialization.__struct_fields__}
    for member in sorted(CLOUD_INIT_ALONE if windows else SYSPREP_ALONE):
        if said[member] not in ("", (), None, False):
            other = "sysprep" if windows else "cloud-init"
            yield member, _shown(said[member]), f"{other} does not do that, and os.type is {os_type}"
    host_name = initialization.host_name
    if host_name and not _HOST_NAME.fullmatch(host_name):
        yield "host_name", repr(host_name[:80]), "it is no name of a host (letters, digits, hyphens and dots)"
    if initialization.user_name and not windows and not _USER_NAME.fullmatch(initialization.user_name):
        yield "user_name", repr(initialization.user_name[:40]), "it is no name of a user"
    yield from _of_windows(initialization) if windows else _of_linux(initialization)


def _of_windows(initialization: Initialization) -> Reasons:
    name = sysprep.computer_name(initialization.host_name)
    if len(name) > sysprep.COMPUTER_NAME_CHARACTERS:
        reason = f"up to its first dot it may have {sysprep.COMPUTER_NAME_CHARACTERS} characters"
        yield "host_name", repr(initialization.host_name), reason
    if initialization.domain and initialization.root_password is None and initialization.custom_script is None:
        yield "domain", repr(initialization.domain), "user_name and root_password of who may join it are missing"
    if initialization.active_directory_ou and not initialization.domain:
        yield "active_directory_ou", repr(initialization.active_directory_ou), "the domain is missing"


def _of_linux(initialization: Initialization) -> Reasons:
    zone = initialization.timezone
    if zone and zone not in time_zones():
        yield "timezone", repr(zone[:40]), "there is no such time zone; Europe/Berlin is one"
    for server in initialization.dns_servers.split():
        if not _is_address(server):
            yield "dns_servers", repr(server), "it is no address; several have blanks between them"
    nics = initialization.nic_configurations
    for member in ("dns_servers", "dns_search"):
        if getattr(initialization, member) and not any(map(_has_address, nics)):
            reason = "cloud-init takes name servers with NICs alone, and none in nic_configurations has an address"
            yield member, repr(getattr(initialization, member)), reason
    for number, nic in enumerate(nics, 1):
        place = f"nic_configurations.nic_configuration[{number}]"
        yield from ((f"{place}.{member}", value, reason) for member, value, reason in _of_nic(nic))
        if any(other.name == nic.name for other in nics[: number - 1]):
            yield f"{place}.name", repr(nic.name), "another one has it"


def _of_nic(nic: NicConfiguration) -> Reasons:
    if not _NIC_NAME.fullmatch(nic.name):
        yield "name", repr(nic.name), "it is no name of a NIC; eth0 is one"
    if nic.boot_protocol in (BootProtocol.AUTOCONF, BootProtocol.POLY_DHCP_AUTOCONF):
        yield "boot_protocol", nic.boot_protocol.value, "only IPv6 has that"
    yield from _of_ip("ip", "boot_protocol", nic.boot_protocol, nic.ip, 4)
    yield from _of_ip("ipv6", "ipv6_boot_protocol", nic.ipv6_boot_protocol, nic.ipv6, 6)


def _of_ip(name: str, by: str, protocol: BootProtocol | None, ip: Ip | None, version: int) -> Reasons:
    if protocol_of(protocol, ip) is not BootProtocol.STATIC:
        if ip is not None and (ip.address or ip.gateway):
            yield f"{name}.address", repr(ip.address), f"{by} is not static"
        return
    if ip is None or not ip.address:
        yield f"{name}.address", "nothing", f"{by} is static"
        return
    if ip.version is not None and ip.version != f"v{version}":
        yield f"{name}.version", ip.version.value, f"it has to be v{version}"
    if not _is_address(ip.address, version):
        yield f"{name}.address", repr(ip.address), f"it is no address of IPv{version}"
    elif not ip.netmask or not _is_interface(ip):
        yield f"{name}.netmask", repr(ip.netmask), "it is neither a netmask nor the length of a prefix"
    if ip.gateway and not _is_address(ip.gateway, version):
        yield f"{name}.gateway", repr(ip.gateway), f"it is no address of IPv{version}"


def _has_address(nic: NicConfiguration) -> bool:
    protocols = (protocol_of(nic.boot_protocol, nic.ip), protocol_of(nic.ipv6_boot_protocol, nic.ipv6))
    return any(protocol is not BootProtocol.NONE for protocol in protocols)


def _is_address(text: str, version: int | None = None) -> bool:
    try:
        return ip_address(text).version in ((version,) if version else (4, 6))
    except ValueError:
        return False


def _is_interface(ip: Ip) -> bool:
    try:
        ip_interface(f"{ip.address}/{ip.netmask}")
    except (AddressValueError, NetmaskValueError, ValueError):
        return False
    return True


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else "what was sent"
