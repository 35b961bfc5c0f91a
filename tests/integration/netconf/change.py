"""A process that changes a network and then waits to be killed; arguments: bus address, network namespace, seconds."""

import asyncio
import json
import sys

from netconf.facade import Network
from netconf.networkmanager.backend import NetworkManager


async def main() -> None:
    bus_address, netns, seconds = sys.argv[1:]
    print("ready", flush=True)
    document = json.load(sys.stdin)
    change = await Network(NetworkManager(bus_address=bus_address, netns=netns or None)).change(
        document, confirm_within_s=int(seconds)
    )
    print(change.checkpoint.id if change.checkpoint else "", flush=True)
    await asyncio.sleep(3600)


asyncio.run(main())
