"""The observer on the kernel of this machine, in a namespace of its own: each change in time, and nothing lost."""

import asyncio
import subprocess
import uuid
from collections.abc import Awaitable, Callable, Iterator

import pytest

from netconf.watch.events import EventKind
from netconf.watch.watch import Watch
from tests.integration.netconf.following import Following

Ip = Callable[..., Awaitable[None]]


@pytest.fixture
def netns() -> Iterator[str]:
    name = f"trivet-watch-{uuid.uuid4().hex[:8]}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.fixture
def ip(netns: str) -> Ip:
    async def run(*lines: str) -> None:
        process = await asyncio.create_subprocess_exec("ip", "-n", netns, "-batch", "-", stdin=asyncio.subprocess.PIPE)
        await process.communicate("\n".join(line for given in lines for line in given.split("; ")).encode())
        assert process.returncode == 0

    return run


async def test_what_happens_is_told(netns: str, ip: Ip) -> None:
    await ip("link add eth0 type veth peer name cable0; link set eth0 up; link set cable0 up; link add br0 type bridge")
    async with Watch(netns) as watch:
        assert [link.name for link in watch.view.links] == ["br0", "cable0", "eth0", "lo"]
        following = Following(watch)
        await ip("link set cable0 down")
        await following.expect("eth0 lost its carrier", "cable0 was taken down")
        await ip("link set cable0 up; addr add 192.0.2.5/24 dev eth0; route add default via 192.0.2.1")
        await following.expect(
            "eth0 has a carrier: 10000 Mbit/s, full duplex",
            "eth0 has 192.0.2.5/24 (static)",
            "Default route over 192.0.2.1 on eth0 (boot)",
        )
        await ip("link set eth0 master br0; link set br0 up")
        await following.expect("eth0 is a port of br0")
        await ip("link set eth0 nomaster")
        await following.expect("eth0 is no longer a port of br0")
        await ip("link set cable0 name lan; link set eth0 mtu 1400")
        await following.expect("cable0 is now called lan", "The MTU of eth0 is 1400 (it was 1500)")
        await ip("link set eth0 down")  # IPv4 routes go without a word of the kernel
        await following.expect("No longer: Default route over 192.0.2.1 on eth0 (boot)")
        await ip("link del eth0")
        await following.expect("eth0 is gone", "lan is gone")
        await following.matches_a_fresh_observation(netns)
        await following.stop()
    assert not any("None" in said for said in following.descriptions)


async def test_a_gateway_that_does_not_answer(netns: str, ip: Ip) -> None:
    await ip("link add eth0 type veth peer name cable0; link set eth0 up; link set cable0 up")
    await ip("addr add 192.0.2.5/24 dev eth0; route add default via 192.0.2.1")
    async with Watch(netns) as watch:
        following = Following(watch)
        asking = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", netns, "python3", "-c"),
            "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('198.51.100.1', 9))",
        )
        await asking.wait()
        await following.expect("The gateway 192.0.2.1 on eth0 does not answer")
        await ip("neigh replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0")
        await following.expect("The gateway 192.0.2.1 on eth0 answers again")
        await following.stop()


async def test_an_overrun_loses_nothing(netns: str, ip: Ip) -> None:
    """300 links against a buffer for a few messages, while nobody can read it: the loop is held up."""
    async with Watch(netns, buffer_bytes=4096) as watch:
        lines = "\n".join(f"link add v{number} up type veth peer name w{number}" for number in range(150))
        subprocess.run(["ip", "-n", netns, "-batch", "-"], input=lines, text=True, check=True)  # noqa: ASYNC221
        following = Following(watch)
        await following.expect("everything was looked at anew", "v149 is there", "w149 is there")
        assert EventKind.RESYNCHRONISED in following.kinds
        await ip("link set v7 down")
        await following.expect("v7 was taken down")
        await following.matches_a_fresh_observation(netns)
        await following.stop()


async def test_kinds_of_all_sorts_break_nothing(netns: str, ip: Ip) -> None:
    async with Watch(netns) as watch:
        following = Following(watch)
        await ip("link add eth0 type veth peer name cable0; link add mv0 link eth0 type macvlan mode bridge")
        await ip("link add vx0 type vxlan id 7 dev eth0 dstport 4789; tuntap add tap0 mode tap")
        await following.expect("mv0 is there (macvlan", "vx0 is there (vxlan", "tap0 is there (tun")
        await following.matches_a_fresh_observation(netns)
        await following.stop()
