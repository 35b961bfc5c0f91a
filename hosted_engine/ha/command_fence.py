"""`trivet ha fence`: the devices that cut a node's power. No password is taken from the command line or shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from hosted_engine.ha.command_arguments import as_json_option, asked, read_text
from hosted_engine.ha.fence_agents import FenceAgents
from hosted_engine.ha.fence_settings import (
    BadFenceSetting,
    FenceDevice,
    FenceFileDamaged,
    FenceSettings,
    check,
    is_secret,
    with_device,
    without_secrets,
)
from hosted_engine.ha.site_reader import SiteReader
from node import config
from node.api.problems import Problem, Refused
from node.secret_prompt import secret
from node.system.process import run_as_group


class NoSuchNode(Refused):
    what = "There is no node {node} in the site"
    why = "its nodes are {nodes}"
    mend = "Name one of them"


class NoDevice(Refused):
    what = "Node {node} has no fence device"
    why = "none was set"
    mend = "Set it: trivet ha fence set {node} --help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of `set`; None is left as it is."""

    agent: str | None
    address: str | None
    port: int | None
    user: str | None
    password_fd: int | None
    option: tuple[str, ...]
    no_options: bool
    authority: Path | None
    power_on: bool | None


@click.group()
def fence() -> None:
    """Fence devices: the engine need not wait for the lease of a host whose power was cut."""


@fence.command()
@as_json_option
def show(as_json: bool) -> None:
    """Show the devices, without secrets, and the fence agents of this node."""
    site = _site_reader()
    devices = {node: without_secrets(one) for node, one in asked(site.fence_settings).devices.items()}
    installed = FenceAgents(run_as_group).installed()
    if as_json:
        click.echo(msgspec.json.encode({"devices": devices, "agents": installed}))
        return
    for node in asked(site.node_names):
        click.echo(f"{node}: {_line(devices[node]) if node in devices else 'no fence device'}")
    click.echo(f"Agents on this node: {', '.join(installed) or 'none'}")


@fence.command(name="set")
@click.argument("node")
@click.option("--agent", metavar="NAME", help="As in fence_redfish, fence_ipmilan.")
@click.option("--address", metavar="ADDRESS", help="Of the device, not of the node.")
@click.option("--port", type=int, help="0 for the agent's own.")
@click.option("--user", metavar="NAME", help="The password is asked for.")
@click.option("--password-fd", type=int, metavar="N", help="Read the password from this file descriptor; 0 is stdin.")
@click.option(
    "--option", multiple=True, metavar="NAME=VALUE", help="Another parameter of the agent's; again and again."
)
@click.option("--no-options", is_flag=True, help="Drop the options that were set before.")
@click.option(
    "--authority", type=click.Path(path_type=Path), help='PEM to trust instead of the system\'s; "" for none.'
)
@click.option("--power-on/--no-power-on", default=None, help="Switch it on again afterwards; on by default.")
@as_json_option
def set_(node: str, as_json: bool, **options: Any) -> None:
    """Set the fence device of NODE, for the whole site. What is not given stays as it is."""
    site, wanted = _site_reader(), Wanted(**options)
    asked(lambda: _check_node(site, node))
    known = asked(lambda: _known(site))
    device = asked(lambda: merged(known.devices.get(node), wanted))
    settings = with_device(known, node, device)
    asked(lambda: check(settings))
    asked(lambda: FenceAgents(run_as_group).check(device))
    asked(lambda: site.set_fence_settings(settings))
    click.echo(msgspec.json.encode(without_secrets(device)) if as_json else f"{node}: {_line(without_secrets(device))}")


@fence.command()
@click.argument("node")
@as_json_option
def test(node: str, as_json: bool) -> None:
    """Ask NODE's device from this node whether it is on. Nothing is cut."""
    site = _site_reader()
    device = asked(site.fence_settings).devices.get(node)
    if device is None:
        raise click.ClickException(str(NoDevice(node=node)))
    agents = FenceAgents(run_as_group)
    try:
        agents.check(device)
        found = {"power": str(agents.status(device)), "error": ""}
    except Problem as err:
        found = {"power": "unknown", "error": str(err)}
    click.echo(
        msgspec.json.encode({"node": node} | found) if as_json else found["error"] or f"{node} is {found['power']}"
    )
    if found["error"]:
        raise SystemExit(1)


@fence.command()
@click.argument("node")
@as_json_option
def off(node: str, as_json: bool) -> None:
    """Take NODE's fence device away, with its password: its lease is waited for again. Cuts nothing."""
    site = _site_reader()
    settings = asked(site.fence_settings)
    if node not in settings.devices:
        raise click.ClickException(str(NoDevice(node=node)))
    asked(lambda: site.set_fence_settings(with_device(settings, node, None)))
    click.echo(msgspec.json.encode({"node": node, "device": None}) if as_json else f"{node}: no fence device")


def merged(known: FenceDevice | None, wanted: Wanted) -> FenceDevice:
    """Asks for the password where one is needed. Raises BadFenceSetting, NoSecret."""
    if known is None:
        for name in ("agent", "address"):
            if getattr(wanted, name) is None:
                raise BadFenceSetting(name=name, reason="is needed")
    base = known or FenceDevice(agent="", address="")
    agent, address = wanted.agent or base.agent, wanted.address or base.address
    user = base.user if wanted.user is None else wanted.user
    keeps = (agent, address, user) == (base.agent, base.address, base.user) and wanted.password_fd is None
    options = {} if wanted.no_options else base.options
    return FenceDevice(
        agent=agent,
        address=address,
        port=base.port if wanted.port is None else wanted.port or None,
        user=user,
        password=base.password if keeps else _password(user, wanted.password_fd),
        options=options | dict(_option(one) for one in wanted.option),
        authority=base.authority if wanted.authority is None else _pem(wanted.authority),
        power_on=base.power_on if wanted.power_on is None else wanted.power_on,
    )


def _password(user: str, fd: int | None) -> str:
    """No other device gets a password than the one that it was given for."""
    if not user and fd is None:
        return ""
    return secret("The password of the fence device", "--password-fd", fd)


def _option(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadFenceSetting(name="option", reason=f"has to be NAME=VALUE, which {text!r} is not")
    if is_secret(name):
        raise BadFenceSetting(name=f"option {name}", reason="looks like a secret: others see what a command line says")
    return name, value


def _pem(path: Path) -> str:
    if not path.name:
        return ""
    return read_text(path, lambda reason: BadFenceSetting(name="authority", reason=reason))


def _line(shown: dict[str, object]) -> str:
    options = "".join(f", {name}={value}" for name, value in dict(shown["options"]).items())  # type: ignore[call-overload]
    port = f":{shown['port']}" if shown["port"] else ""
    again = "switched on again" if shown["power_on"] else "stays off"
    return f"{shown['agent']} at {shown['address']}{port}, password {shown['password']}{options}; afterwards {again}"


def _known(site: SiteReader) -> FenceSettings:
    """A damaged file is set anew."""
    try:
        return site.fence_settings()
    except FenceFileDamaged as err:
        click.echo(f"What was set before is dropped: {err.text.why}", err=True)
        return FenceSettings()


def _check_node(site: SiteReader, node: str) -> None:
    names = site.node_names()
    if node not in names:
        raise NoSuchNode(node=node, nodes=", ".join(names))


def _site_reader() -> SiteReader:
    return SiteReader(config.load())
