"""A site whose storage domains an earlier version mounted by the names of their Gluster volumes: mended, or removed."""

import json

import msgspec

from tests.sim.deploy.stage import Stage, assert_bare, assert_whole


async def made_earlier(stage: Stage) -> None:
    """As an earlier version left a site: nodes and decisions know no storage domain by its id."""
    await stage.run()
    decisions = json.loads(stage.folder._decisions.read_text())
    for name, volume in (("system", "engine"), ("seed", "engine"), ("tiny", "data")):
        del decisions[name]["storage_domain"]
        decisions[name]["volume"] = volume
    stage.folder._decisions.write_text(json.dumps(decisions))
    for node in stage.world.nodes.values():
        for request in list(node.storage.mounted.values()):
            volume = request.spec.source.rpartition("/")[2]
            node.storage.mount(msgspec.structs.replace(request, storage_domain=volume))
        for space in node.storage.joined.values():
            node.storage.joined[space.name] = msgspec.structs.replace(space, storage_domain="engine")


async def test_the_next_deploy_names_the_storage_domains_by_their_ids(stage: Stage) -> None:
    await made_earlier(stage)
    assert await stage.left() == ["mount:engine", "mount:data", "recovery"]  # which holds the decisions as they are
    await stage.run()
    await assert_whole(stage)
    for node in stage.world.nodes.values():
        assert node.storage.mounted.keys() == {stage.domain("engine"), stage.domain("data")}


async def test_it_is_taken_back_as_it_is(stage: Stage) -> None:
    await made_earlier(stage)
    await stage.tear_down()
    assert_bare(stage)
