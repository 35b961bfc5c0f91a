"""The agent's threads, apart by what they wait for: see node.system.threads."""

from node.system.threads import Threads


class Pools:
    def __init__(self) -> None:
        self.quick = Threads("quick", 4)
        self.vms = Threads("vms", 8)
        self.storage = Threads("storage", 16)
        self.balloons = Threads("balloons", 1)
        self.copies = Threads("copies", 8)  # hours each
        self.guests = Threads("guests", 8)
        self.suspending = Threads("suspending", 4)  # as many VMs at a time, for minutes each
        self.pool = Threads("pool", 4)  # looks at the storage pool hang where a server does

    def close(self) -> None:
        for threads in vars(self).values():
            threads.close()
