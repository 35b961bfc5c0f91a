"""What the observer knows of drift: what the facade says, but not in the middle of a change."""

from netconf.errors import BackendMissing
from netconf.planning.plan import Step
from netconf.watch.drift import Drift


class Host:
    """Stands for netconf.facade.Network."""

    def __init__(self) -> None:
        self.steps: tuple[Step, ...] | None = ()
        self.waits: object | None = None
        self.dead = False

    async def drift(self) -> tuple[Step, ...] | None:
        if self.dead:
            raise BackendMissing(reason="it is not on the bus")
        return self.steps

    async def pending(self) -> object | None:
        return self.waits


async def test_what_differs_is_said() -> None:
    host = Host()
    drift = Drift(host)
    assert await drift() == ()
    host.steps = (Step("eth0", "Set the MTU of eth0 to 1500 (it is 1400)"),)
    assert await drift() == ("Set the MTU of eth0 to 1500 (it is 1400)",)
    host.steps = None
    assert await drift() is None


async def test_a_change_under_way_is_none() -> None:
    host = Host()
    drift = Drift(host)
    assert await drift() == ()
    host.steps, host.waits = (Step("br0", "Remove br0"),), object()
    assert await drift() == ()
    host.waits = None
    assert await drift() == ("Remove br0",)


async def test_when_nobody_answers_nobody_knows() -> None:
    host = Host()
    drift = Drift(host)
    assert await drift() == ()
    host.dead = True
    assert await drift() is None
