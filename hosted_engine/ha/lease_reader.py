"""Reads the engine VM's lease and how sanlock sees the hosts of its lockspace. Blocks; the daemon's answer is quick."""

import sanlock

from hosted_engine.ha.lease import LockspaceHost, Owner, lease_state
from hosted_engine.ha.states import LeaseState


class LeaseReader:
    """`path` is the lease's file on the mounted volume."""

    def __init__(self, lockspace: str, resource: str, path: str) -> None:
        self._lockspace, self._resource, self._path = lockspace.encode(), resource.encode(), path
        self._over: frozenset[Owner] = frozenset()

    def note_over(self, host_id: int, generation: int) -> None:
        """This life of that host is over, on the storage; sanlock here knows it only when it renews its own id."""
        self._over |= {Owner(host_id, generation)}

    def __call__(self) -> tuple[LeaseState, int | None]:
        """Unknown while this host is not in the lockspace: nobody watches the owner then. A failed read raises."""
        try:
            hosts = sanlock.get_hosts(self._lockspace)
        except sanlock.SanlockException:
            return LeaseState.UNKNOWN, None
        owners = sanlock.read_resource_owners(self._lockspace, self._resource, [(self._path, 0)])
        return lease_state(
            [Owner(int(one["host_id"]), int(one["generation"])) for one in owners],
            [LockspaceHost(int(one["host_id"]), int(one["generation"]), int(one["flags"])) for one in hosts],
            self._over,
        )
