"""The site's certificates as years go by: renewed in time, told of where they cannot be."""

from dataclasses import replace

import pytest

from hosted_engine.authority import SiteAuthority, is_due, make_authority, make_pair, validity
from hosted_engine.engine.certificates.expiry import DAY_S, Expiry, expiry
from hosted_engine.engine.certificates.renewer import CertificateRenewer
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.enroll import EnrollCertificate
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.problems import WrongState
from node.api.messages.identity import Role
from node.registration.credentials import is_same_authority
from node.tls import certificate_fingerprint
from tests.fakes.engine import AUTHORITY, World, WorldClock
from tests.fakes.fleet import FakeFleet
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of
from tests.unit.engine.test_joining import id_of

YEAR_S = 365.25 * DAY_S


class Years:
    """A site with a fourth node, whose certificate is of now; a keeper at its own copy of the authority."""

    def __init__(self, world: World, machine: FakeMachine, authority: SiteAuthority) -> None:
        self.world, self.machine, self.authority = world, machine, authority
        self.renewer = CertificateRenewer(world.store, FakeFleet(world.nodes), authority, WorldClock(world))

    async def pass_by(self, years: float) -> bool:
        self.world.now += years * YEAR_S
        return await self.renewer.observe()

    @property
    def certificate(self) -> str:
        assert self.machine.host.claimed is not None
        return self.machine.host.claimed.certificate_pem

    def all(self) -> list[str]:
        return [self.certificate, self.authority.engine_certificate, self.authority.certificate]

    def valid(self) -> list[bool]:
        return [since <= self.world.now <= until for since, until in map(validity, self.all())]


@pytest.fixture
async def years() -> Years:
    world = World()
    world.now = validity(AUTHORITY.certificate)[0] + 2 * DAY_S
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    await done(world, ApproveNode(id=id_of(machine)))
    return Years(world, machine, replace(AUTHORITY))


async def test_nothing_is_renewed_before_its_time(years: Years) -> None:
    before = years.all()
    assert await years.pass_by(1)
    assert await years.pass_by(2)
    assert years.all() == before


async def test_after_two_thirds_of_their_time_they_are_for_the_same_keys(years: Years) -> None:
    before = years.all()
    assert await years.pass_by(0)
    assert await years.pass_by(3.4)
    node, engine, authority = years.all()
    assert (node != before[0], engine != before[1], authority == before[2]) == (True, True, True)
    assert [certificate_fingerprint(one) for one in years.all()] == [certificate_fingerprint(one) for one in before]
    assert not any(is_due(one, years.world.now) for one in (node, engine))
    assert events_of(years.world)[-1] == "HOST_CERTIFICATION_ENROLLMENT_FINISHED"
    again = years.all()
    assert await years.pass_by(0)
    assert years.all() == again


@pytest.mark.parametrize("jump", [1, 5, 10])
async def test_a_site_whose_clocks_jumped_has_valid_ones_again(years: Years, jump: float) -> None:
    """The keys stay, so that the authority is the same one to who knows it."""
    before = years.all()
    await years.pass_by(jump)
    assert all(years.valid())
    assert is_same_authority(before[2], years.authority.certificate)
    assert years.machine.host.claimed is not None
    assert years.machine.host.claimed.authority_pem == (before[2] if jump == 1 else years.authority.certificate)


async def test_what_cannot_be_renewed_is_told_the_worse_the_nearer_its_end(years: Years) -> None:
    await years.pass_by(0)
    years.machine.stop_answering()
    told = len(events_of(years.world))
    for days in (5 * 365 - 119, 60, 30, 30, 1):  # 119 days left, 59, 29, over; then a day later
        years.world.now += days * DAY_S
        await years.renewer.observe()
    assert events_of(years.world)[told:] == [
        "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE",
        "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE",
        "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT",
        "HOST_CERTIFICATION_HAS_EXPIRED",
        "HOST_CERTIFICATION_HAS_EXPIRED",
    ]
    assert not await years.renewer.observe()
    years.machine.speak_again()
    assert await years.renewer.observe()
    assert all(years.valid())


async def test_without_the_authoritys_key_the_engine_says_so(years: Years) -> None:
    pair = make_authority("fake")
    own = make_pair(pair, Role.ENGINE, "engine")
    authority = SiteAuthority(replace(pair, key=""), own.certificate)
    world = years.world
    world.now = validity(own.certificate)[1] - 10 * DAY_S
    renewer = CertificateRenewer(world.store, FakeFleet(world.nodes), authority, WorldClock(world))
    assert not await renewer.observe()
    assert "ENGINE_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT" in events_of(world)
    assert authority.engine_certificate == own.certificate


async def test_a_certificate_on_demand(years: Years) -> None:
    before, id_ = years.certificate, id_of(years.machine)
    with pytest.raises(WrongState, match="has to be in Maintenance"):
        await done(years.world, EnrollCertificate(id=id_))
    await done(years.world, DeactivateNode(id=id_, force=True))
    await done(years.world, EnrollCertificate(id=id_))
    assert years.certificate != before
    assert events_of(years.world)[-2:] == ["HOST_CERTIFICATION_ENROLLMENT_FINISHED", "EXTERNAL_EVENT_NORMAL"]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (121, Expiry.FAR),
        (120, Expiry.NEAR),
        (31, Expiry.NEAR),
        (30, Expiry.CLOSE),
        (0.1, Expiry.CLOSE),
        (0, Expiry.OVER),
    ],
)
def test_how_near_an_end_is(days: float, found: Expiry) -> None:
    assert expiry(days * DAY_S, 0.0) is found
