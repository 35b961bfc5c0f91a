"""Wires `trivet gluster` to this machine: its gluster, its disks, and the agents of the other nodes."""

import asyncio

from gluster.facade import Gluster
from gluster.facts import read_facts
from gluster.state import PoolState
from node import config
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY
from node.storage.pool_state import PoolStateReader, ask_agents
from node.system.process import run_as_group
from node.system.threads import Threads
from node.tls import client_context


def observe_state() -> PoolState:
    """The true state of the storage as this machine sees it."""
    settings = config.load()
    own = settings.own_folder
    threads = Threads("storage", 4)
    reader = PoolStateReader(
        Gluster(run_as_group),
        threads,
        node_name=settings.node_name,
        own_facts=read_facts,
        ask_facts=ask_agents(lambda: client_context(own / CERTIFICATE, own / KEY, own / AUTHORITY), settings.port),
    )
    try:
        return asyncio.run(reader.read())
    finally:
        threads.close()
