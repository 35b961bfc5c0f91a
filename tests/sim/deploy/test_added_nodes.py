"""A node that the engine has taken in stays in the site whatever a deploy does; what would pass it over is refused."""

import msgspec
import pytest

import gluster.tls
from hosted_engine.deploy.added import TimersStay
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.teardown import InUse
from hosted_engine.ha.site_files import SITE_FILE, parse_site
from node.api.messages.gluster import PeerRequest
from node.api.messages.ha import SiteNode, SiteNodes
from node.api.messages.migration import MigrationRequest
from node.api.messages.network import NamesRequest
from tests.fakes.node.fake import FakeNode
from tests.sim.deploy.stage import Stage, assert_whole

NODE4 = SiteNode(name="node4", address="192.0.2.14", host_id=4)
FOUR = ("node1", "node2", "node3", "node4")


async def add(stage: Stage) -> None:
    """What a site is like when its engine has taken in another node."""
    first = stage.world.nodes["node1"]
    for node in stage.world.nodes.values():
        await node.set_names(NamesRequest(names=node.net.known | {NODE4.name: NODE4.address}))
        await node.allow_migration(MigrationRequest(members=FOUR))
    await first.add_peer(PeerRequest(hostname=NODE4.name))
    allow(stage, FOUR)
    await first.set_site_nodes("engine", SiteNodes(nodes=(*(await first.site_nodes("engine")).nodes, NODE4)))


async def remove(stage: Stage) -> None:
    first = stage.world.nodes["node1"]
    await first.set_site_nodes("engine", SiteNodes(nodes=(await first.site_nodes("engine")).nodes[:3]))
    await first.remove_peer(NODE4.name)


def allow(stage: Stage, names: tuple[str, ...]) -> None:
    volumes = stage.world.site.volumes
    for name, volume in volumes.items():
        options = dict(volume.options) | gluster.tls.options(names)
        volumes[name] = msgspec.structs.replace(volume, options=options)


def assert_added(stage: Stage) -> None:
    site = stage.world.site
    assert parse_site(site.ha_files["engine"][SITE_FILE].encode()).nodes[3:] == (NODE4,)
    for volume in site.volumes.values():
        assert gluster.tls.allowed(volume.options) == FOUR
    for node in stage.world.nodes.values():
        assert node.net.known[NODE4.name] == NODE4.address
        assert node.machines.movable.members == FOUR


def other_timers(answers: Answers) -> Answers:
    return msgspec.structs.replace(answers, profile="fast" if answers.profile == "default" else "default")


@pytest.fixture
async def grown(stage: Stage) -> Stage:
    await stage.run()
    await add(stage)
    return stage


async def test_there_is_nothing_to_do(grown: Stage) -> None:
    assert (await grown.run()).steps == ()
    await assert_whole(grown)
    assert_added(grown)


async def test_what_is_written_anew_names_it(grown: Stage) -> None:
    engine = msgspec.structs.replace(grown.answers.engine, memory_mib=2048)
    grown.answers = msgspec.structs.replace(grown.answers, engine=engine)
    allow(grown, FOUR)
    volumes = grown.world.site.volumes
    drifted = dict(volumes["data"].options) | {"user.cifs": "on"}
    volumes["data"] = msgspec.structs.replace(volumes["data"], options=drifted)
    assert {"site_files", "volume:data"} <= {todo.key for todo in (await grown.run()).steps}
    await assert_whole(grown)
    assert_added(grown)


async def test_a_node_that_has_lost_its_lists_gets_it_back(grown: Stage) -> None:
    node = grown.world.nodes["node2"]
    await node.set_names(NamesRequest(names={}))
    await node.allow_migration(MigrationRequest(members=("node2",)))
    assert [todo.key for todo in (await grown.run()).steps] == ["names", "migration"]
    assert_added(grown)


async def test_it_stays_while_no_volume_says_who_is_there(grown: Stage) -> None:
    """All nodes had no power: their mounts are made again by the deploy."""
    for node in grown.world.nodes.values():
        node.storage.joined.clear()
        node.storage.mounted.clear()
        node.machines.lose_all()
    grown.world.boots_in = 3
    await grown.run()
    await assert_whole(grown)
    assert_added(grown)


async def test_it_stays_while_it_comes_or_goes(grown: Stage) -> None:
    """Volumes and lists name it before the site's file does, and after."""
    await remove(grown)
    grown.world.nodes["node3"].net.known.pop("engine.lab.test")
    assert [todo.key for todo in (await grown.run()).steps] == ["names"]
    assert all(gluster.tls.allowed(one.options) == FOUR for one in grown.world.site.volumes.values())
    assert all(NODE4.name in node.net.known for node in grown.world.nodes.values())


async def test_other_timers_are_refused_and_nothing_is_changed(grown: Stage) -> None:
    old, grown.answers = grown.answers, other_timers(grown.answers)
    calls = calls_to_nodes(grown)
    for look in (grown.left, grown.run):
        with pytest.raises(TimersStay, match="node4"):
            await look()
    assert calls_to_nodes(grown) == calls
    grown.answers = old
    assert await grown.left() == []


async def test_other_timers_are_refused_when_only_a_later_look_finds_it(grown: Stage) -> None:
    """The volume is mounted by the same run."""
    grown.answers = other_timers(grown.answers)
    for node in grown.world.nodes.values():
        node.storage.mounted.clear()
    with pytest.raises(Exception, match="node4, which no deploy reaches"):
        await grown.run()
    timers = {node.storage.fire_timeout_s for node in grown.world.nodes.values()}
    assert len(timers) == 1
    assert_added(grown)


async def test_without_it_timers_can_be_changed_again(grown: Stage) -> None:
    await remove(grown)
    grown.answers = other_timers(grown.answers)
    await grown.run()
    assert await grown.left() == []


async def test_the_site_is_not_taken_back_while_it_is_there(grown: Stage) -> None:
    with pytest.raises(InUse, match="host node4, which the engine has taken in"):
        await grown.tear_down()
    assert_added(grown)


async def test_nor_while_only_the_pool_knows_it(grown: Stage) -> None:
    await grown.world.nodes["node1"].set_site_nodes(
        "engine", SiteNodes(nodes=(await grown.world.nodes["node1"].site_nodes("engine")).nodes[:3])
    )
    with pytest.raises(InUse, match="host node4"):
        await grown.tear_down()


async def test_without_it_the_site_can_be_taken_back(grown: Stage) -> None:
    await remove(grown)
    await grown.tear_down()
    assert grown.world.site.volumes == {}


def calls_to_nodes(stage: Stage) -> list[int]:
    """What sanlock and the network of each node were told."""
    nodes: list[FakeNode] = list(stage.world.nodes.values())
    return [node.storage.fire_timeout_s for node in nodes]
