"""Which addresses this node has to have by its saved network; pure but for reading the files."""

import configparser
from collections.abc import Iterator
from ipaddress import ip_address, ip_interface
from pathlib import Path

from netconf.change_store import ChangeStore
from netconf.model import LinkState, NetworkState

PROFILES = Path("/etc/NetworkManager/system-connections")


def saved_addresses(profiles: Path = PROFILES, store: ChangeStore | None = None) -> tuple[str, ...]:
    """Of NetworkManager's profiles; where it has none, of the network that was confirmed last."""
    files = sorted(profiles.glob("*.nmconnection"))
    found = [address for file in files for address in profile_addresses(_text(file))]
    if not files:
        confirmed = (store or ChangeStore()).confirmed()
        found = list(confirmed_addresses(confirmed)) if confirmed is not None else []
    return tuple(dict.fromkeys(found))


def profile_addresses(text: str) -> Iterator[str]:
    """Static addresses in a keyfile, nm-settings-keyfile(5), of a profile that NetworkManager activates by itself."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",))
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    if not parser.getboolean("connection", "autoconnect", fallback=True):
        return
    for section in ("ipv4", "ipv6"):
        if parser.get(section, "method", fallback="auto") != "manual":
            continue
        for key, value in parser.items(section):
            if key.removeprefix("address").isdecimal() or key == "addresses":
                yield from _addresses(value.split(";") if key == "addresses" else [value])


def confirmed_addresses(state: NetworkState) -> Iterator[str]:
    for interface in state.interfaces:
        for config in (interface.ipv4, interface.ipv6):
            if interface.state is LinkState.UP and config is not None and config.static:
                yield from (str(address.ip) for address in config.addresses)


def missing_addresses(wanted: tuple[str, ...], present: list[str]) -> list[str]:
    """Compared as addresses: IPv6 can be written in many ways."""
    there = {ip_address(one) for one in present}
    return [one for one in wanted if ip_address(one) not in there]


def _addresses(values: list[str]) -> Iterator[str]:
    """Each may be followed by a gateway. Addresses of a single link are on no list of a node's addresses."""
    for value in values:
        try:
            address = ip_interface(value.partition(",")[0].strip()).ip
        except ValueError:
            continue
        if not address.is_link_local:
            yield str(address)


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
