"""A process that changes a network with the kernel alone, and kills itself with the operation of a number; arguments:
folder, resolv.conf, network namespace, seconds, number (0: it waits to be killed when all is done)."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.kernel.executor import NetlinkExecutor
from netconf.kernel.operations import Operation

folder, resolv_conf, netns, seconds, number = sys.argv[1:]


class Deadly(NetlinkExecutor):
    done = 0

    def do(self, operation: Operation) -> None:
        super().do(operation)
        Deadly.done += 1
        if Deadly.done == int(number):
            os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    backend = Kernel(folder=Path(folder), resolv_conf=Path(resolv_conf), netns=netns, executor=Deadly)
    change = await Network(backend).change(json.load(sys.stdin), confirm_within_s=int(seconds))
    print(change.checkpoint.id if change.checkpoint else "", flush=True)
    await asyncio.sleep(3600)


asyncio.run(main())
