"""Runs in a guest: follows bonds on Debian's kernel, with an LACP partner in a namespace, and says how it went."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from netconf.watch import document
from netconf.watch.watch import Watch
from tests.integration.netconf.following import Following
from tests.integration.netconf.telling import run_case, wanted

CABLES = """
netns add switch
link add nic1 type veth peer name p1 netns switch
link add nic2 type veth peer name p2 netns switch
-n switch link add lag type bond mode 802.3ad miimon 100 lacp_rate fast
-n switch link set p1 master lag
-n switch link set p2 master lag
-n switch link set lag up
"""
LACP = "802.3ad miimon 100 lacp_rate fast"
PORTS = ("nic1", "nic2")
BACKUP = "active-backup miimon 100"


async def ip(*lines: str) -> None:
    for line in lines:
        process = await asyncio.create_subprocess_exec("ip", *line.split())
        assert await process.wait() == 0, line


async def bond(mode: str) -> None:
    await ip(f"link add bond0 type bond mode {mode}", "link set nic1 master bond0", "link set nic2 master bond0")
    await ip("link set bond0 up")


def named(watch: Watch, name: str) -> dict[str, object]:
    interfaces = document.render(watch.view)["interfaces"]
    assert isinstance(interfaces, list)
    found: dict[str, object] = next(one for one in interfaces if one["name"] == name)
    return found


def inside(watch: Watch, name: str, key: str) -> object:
    """Of what is known of a bond, or of a port of one; None while it is neither."""
    found = {link.name: named(watch, link.name) for link in watch.view.links}.get(name, {})
    about = found.get("bond") or found.get("bond_port")
    return about.get(key) if isinstance(about, dict) else None


async def lacp_with_a_partner() -> None:
    async with Watch() as watch:
        following = Following(watch)
        await bond(LACP)
        await following.until(lambda: all(inside(watch, port, "lacp") == "collecting-distributing" for port in PORTS))
        await following.until(lambda: inside(watch, "bond0", "partner_mac") is not None)
        assert named(watch, "bond0")["troubles"] == []
        await ip("-n switch link set p1 down")
        await following.expect("bond0 cannot use nic1 (1 failures so far)", "nic1 lost its carrier")
        await ip("-n switch link set p1 up")
        await following.expect("bond0 can use nic1")
        await ip("-n switch link set p1 nomaster", "-n switch link set p2 nomaster")
        await ip("-n switch link set p1 up", "-n switch link set p2 up")
        # What was said before it had a partner counts for nothing.
        await following.until(lambda: "no LACP partner" in str(named(watch, "bond0")["troubles"]))
        await following.expect("bond0 has no partner", "LACP on nic2 in bond0: no partner")
        await ip("link del bond0")
        await following.expect("bond0 is gone")
        await following.stop()


async def a_port_takes_over() -> None:
    async with Watch() as watch:
        following = Following(watch)
        await bond(BACKUP)
        await following.until(lambda: all(inside(watch, port, "mii_up") is True for port in PORTS))
        await following.until(lambda: inside(watch, "bond0", "active_port") == "nic1")
        await ip("-n switch link set p1 down")
        await following.expect("bond0 now sends through nic2", "bond0 cannot use nic1")
        await ip("-n switch link set p2 down")
        await following.expect("bond0 has no port that works")
        await ip("link set nic1 nomaster")
        await following.expect("nic1 is no longer a port of bond0")
        await ip("link del bond0")
        await following.expect("bond0 is gone")
        await following.stop()


async def main() -> None:
    names = wanted()
    await ip(*CABLES.strip().splitlines())
    for scenario in (lacp_with_a_partner, a_port_takes_over):
        if scenario.__name__ in names:
            await run_case(scenario.__name__, tried(scenario))


async def tried(scenario: Callable[[], Awaitable[None]]) -> None:
    try:
        await scenario()
    except (AssertionError, TimeoutError) as err:
        bond = Path("/proc/net/bonding/bond0").read_text()
        await ip("link del bond0")
        raise AssertionError(bond) from err


if __name__ == "__main__":
    asyncio.run(main())
