"""NFS exports as a node mounts them."""

import pytest

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers.driver import Mount
from node.storage.drivers.registry import driver_of


def spec(source: str, *options: str) -> MountSpec:
    return MountSpec(kind="nfs", source=source, options=options)


@pytest.mark.parametrize("source", ["nas:/srv/vms", "192.0.2.9:/", "[2001:db8::9]:/srv"])
def test_an_export(source: str) -> None:
    found = driver_of(spec(source)).mount(spec(source, "nfsvers=4.2", "timeo=600"))
    options = ("soft", "nosharecache", "nfsvers=4.2", "timeo=600")
    assert found == Mount(source, "nfs", options, after=("network-online.target",))


@pytest.mark.parametrize("source", ["/srv", "nas", "nas:srv", "nas:/../etc", "nas:/srv\n", ":/srv", "n as:/srv"])
def test_what_is_no_export_is_refused(source: str) -> None:
    with pytest.raises(Malformed):
        driver_of(spec(source)).mount(spec(source))


def test_a_server_that_does_not_answer_is_waited_for() -> None:
    assert driver_of(spec("nas:/srv")).recovers("/anywhere")
