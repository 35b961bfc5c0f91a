"""What the engine knows of guests: from HELLO on, as it changes, and no longer than a node that speaks knows it."""

from node.api.messages.guests import GuestReport
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import ONE, Site


def known(site: Site) -> dict[str, str]:
    return {vm_id: guest.host_name for vm_id, guest in site.world.readings.of(ONE).guests.items()}


async def test_guests_are_known_as_long_as_their_agents_talk(site: Site) -> None:
    first, second = await site.started("vm1"), await site.started("vm2")
    node = site.machine(ONE)
    node.report_guest(GuestReport(vm_id=first, host_name="web"))
    node.report_guest(GuestReport(vm_id=second, host_name="mail"))
    node.heartbeat()
    await run_ready_tasks()
    assert known(site) == {first: "web", second: "mail"}
    node.report_guest(GuestReport(vm_id=first, talks=False))
    await run_ready_tasks()
    assert known(site) == {second: "mail"}


async def test_what_changed_while_a_node_was_away_is_known_with_its_next_hello(site: Site) -> None:
    first, second = await site.started("vm1"), await site.started("vm2")
    node = site.machine(ONE)
    node.report_guest(GuestReport(vm_id=first, host_name="web"))
    await run_ready_tasks()
    node.stop_answering()
    await run_ready_tasks()
    node.machines.set_guest(first, GuestReport(vm_id=first, talks=False))
    node.machines.set_guest(second, GuestReport(vm_id=second, host_name="mail"))
    node.speak_again()
    await site.clock.turn(2)
    await run_ready_tasks()
    assert known(site) == {second: "mail"}


async def test_nothing_is_known_of_the_guests_of_a_node_that_is_silent(site: Site) -> None:
    first = await site.started("vm1")
    site.machine(ONE).report_guest(GuestReport(vm_id=first, host_name="web"))
    await run_ready_tasks()
    site.machine(ONE).stop_answering()
    await site.clock.turn(20)
    await run_ready_tasks()
    assert known(site) == {}
