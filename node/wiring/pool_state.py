"""Who looks at the state of the storage pool on this node, and tells of what has changed."""

from collections.abc import Callable

from gluster.facade import Gluster
from gluster.facts import connected_bricks, read_facts
from gluster.state import ServerFacts
from node.api.messages.gluster import StorageUpdate
from node.clock import Clock
from node.config import Config
from node.registration.membership import Membership
from node.storage.brick_marks import BrickFolderCache, BrickMarks
from node.storage.pool_state import PoolStateReader, ask_agents
from node.storage.pool_state_watch import PoolStateWatch
from node.system.threads import Threads
from node.tls import client_context


def make_pool_watch(
    settings: Config,
    gluster: Gluster,
    bricks: BrickMarks,
    own: Membership,
    threads: Threads,
    clock: Clock,
    *,
    notify: Callable[[StorageUpdate], None],
) -> PoolStateWatch:
    folders = BrickFolderCache(bricks.observe, clock.monotonic)

    def own_facts() -> ServerFacts:
        return read_facts(folders.observe)

    reader = PoolStateReader(
        gluster,
        threads,
        node_name=settings.node_name,
        own_facts=own_facts,
        ask_facts=ask_agents(
            lambda: client_context(own.certificate_file, own.key_file, own.authority_file), settings.port
        ),
    )
    return PoolStateWatch(
        reader.read,
        own_facts,
        read_signs=connected_bricks,
        is_first=gluster.is_first,
        is_member=lambda: own.claimed,
        threads=threads,
        notify=notify,
        clock=clock,
    )
