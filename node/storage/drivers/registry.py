"""The kinds of storage that a node can mount."""

from collections.abc import Mapping

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers.driver import Driver
from node.storage.drivers.gluster import GlusterDriver
from node.storage.drivers.local import LocalDriver
from node.storage.drivers.nfs import NfsDriver
from node.storage.drivers.posix import PosixDriver

DRIVERS: Mapping[str, Driver] = {
    driver.kind: driver for driver in (GlusterDriver(), NfsDriver(), PosixDriver(), LocalDriver())
}


def driver_of(spec: MountSpec, drivers: Mapping[str, Driver] = DRIVERS) -> Driver:
    """Raises Malformed."""
    driver = drivers.get(spec.kind)
    if driver is None:
        raise Malformed(
            reason=f"this node mounts no storage of kind {spec.kind!r}; it knows {', '.join(sorted(drivers))}"
        )
    return driver
