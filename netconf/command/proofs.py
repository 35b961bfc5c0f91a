"""The words of --confirm-by, and the proof by the operator's key."""

import asyncio
import os
from collections.abc import Callable, Mapping
from ipaddress import ip_address

import click

from netconf.command.environment import Environment
from netconf.kernel.gateways import gateways
from netconf.model import NetworkState
from netconf.proofs.gateway import GatewayAnswers
from netconf.proofs.machines import NameResolves, PeerAnswers, SiteAnswers
from netconf.proofs.name_servers import NameServersStillAnswer, Servers
from netconf.proofs.peers import Asking, PeersStillAnswer
from netconf.proofs.proof import Proof

_TERMINAL = "/dev/tty"  # standard input may be the document


class KeyPressed:
    """Whoever works over the changed network shows with it that they still reach this machine."""

    description = "you press Enter (Ctrl-C takes it back)"

    async def observe(self) -> None:
        """Nobody presses it before."""

    async def why_not(self) -> str | None:
        loop, pressed = asyncio.get_running_loop(), asyncio.Event()
        terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            loop.add_reader(terminal, pressed.set)
            await pressed.wait()
            return None if os.read(terminal, 4096) else "the terminal was closed"
        finally:
            loop.remove_reader(terminal)
            os.close(terminal)


def asked(names: str) -> tuple[Proof, ...]:
    """The proofs that --confirm-by names; none for `nothing`. Raises click.BadParameter."""
    found = [word.strip() for word in names.split(",")]
    if found == ["nothing"]:
        return ()
    return tuple(_proof(word) for word in found)


async def default_proofs(desired: NetworkState, servers: Servers, report: Callable[[str], None]) -> tuple[Proof, ...]:
    """What is taken without a terminal when nobody says, as it is right before the change: the gateway, whoever this
    machine talks to, and the name servers in force. A gateway alone does not show a prefix that is too long or too
    short. Raises click.UsageError where there is none of the first two."""
    peers = await PeersStillAnswer.of_now(Asking(), os.environ.get("SSH_CONNECTION", ""), report)
    gateway = (GatewayAnswers(),) if await asyncio.to_thread(gateways) else ()
    if found := (*gateway, *((peers,) if peers is not None else ())):
        return (*found, NameServersStillAnswer(servers, desired))
    raise click.UsageError(
        "Say with --confirm-by how the change is to be confirmed: there is no terminal, no gateway to ask, and nobody"
        " that this machine talks to."
    )


def _proof(word: str) -> Proof:
    key, _, value = word.partition("=")
    around = Environment.here()
    plain: Mapping[str, Proof] = {
        "gateway": GatewayAnswers(),
        "key": KeyPressed(),
        "site": SiteAnswers("another node of the site", around.site, around.node_port),
        "engine": SiteAnswers("the engine", around.site, around.engine_port),
    }
    if key in plain and not value:
        return plain[key]
    if key == "name" and value:
        return NameResolves(value)
    if key == "peer" and value:
        return _peer(value)
    known = ", ".join((*plain, "peer=ADDRESS[:PORT]", "name=HOST", "nothing"))
    raise click.BadParameter(f"{word!r} is none of {known}", param_hint="--confirm-by")


def _peer(value: str) -> Proof:
    """ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT."""
    address, port = value, ""
    if value.startswith("["):
        address, _, port = value.removeprefix("[").partition("]")
        port = port.removeprefix(":")
    elif value.count(":") == 1:
        address, _, port = value.partition(":")
    try:
        ip_address(address)
        number = int(port) if port else None
    except ValueError as err:
        raise click.BadParameter(f"{value!r} is no ADDRESS[:PORT]", param_hint="--confirm-by") from err
    if number is not None and not 0 < number < 65536:
        raise click.BadParameter(f"{number} is no port", param_hint="--confirm-by")
    return PeerAnswers(address, number)
