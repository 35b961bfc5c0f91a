"""What makes this machine a member of a site: its identity, whom its services trust, and how it comes and goes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from node.clock import Clock
from node.config import Config
from node.host import Host
from node.observe.addresses import own_addresses
from node.registration.engine_client import HttpEngineClient
from node.registration.gluster_trust import GlusterTrust
from node.registration.imageio_trust import ImageioTrust
from node.registration.inviting import Inviting
from node.registration.join_files import join_files_of
from node.registration.joining import Joining
from node.registration.leaving import Leaving
from node.registration.membership import RECOVER, Membership
from node.registration.migration_trust import MigrationTrust
from node.registration.offer import read_offer
from node.registration.question import Questions
from node.serving.watchdog import notify
from node.system.process import run
from node.system.threads import Threads

DAMAGED_S = 5.0  # between two looks at files that somebody may have mended


class SiteParts:
    """`on_renewed` is called when the certificate has changed."""

    def __init__(self, settings: Config, clock: Clock, on_renewed: Callable[[], None]) -> None:
        self._settings, self._clock = settings, clock
        self._join_files = join_files_of(settings)
        gluster = GlusterTrust(run, identity=settings.own_folder)
        self._migration = MigrationTrust(run, identity=settings.own_folder, notify=gluster.allow)
        self.membership = Membership(
            settings.own_folder,
            settings.node_name,
            clock=clock,
            addresses=own_addresses,
            on_membership_changed=on_renewed,
            trusts=(gluster, self._migration, ImageioTrust(run, identity=settings.own_folder)),
            offer=read_offer,
            members=gluster.members,
        )

    def operations(self, threads: Threads, things: Callable[[], Awaitable[Sequence[str]]]) -> tuple[Any, ...]:
        """The parts of node.host.Host; `things` names what of a site is here."""
        leaving = Leaving(self.membership, self._join_files, threads, things=things)
        return self.membership, leaving, Inviting(self.membership, self._join_files), self._migration

    def joining(self, host: Host) -> Joining:
        client = HttpEngineClient()
        questions = Questions(
            port=self._settings.port,
            identity=host.identity,
            capabilities=host.capabilities,
            own_address=client.own_address,
        )
        files, member = self._join_files, self.membership
        return Joining(files, member, client, self._clock, question=questions.make, take=host.claim)


async def until_usable(membership: Membership, clock: Clock) -> None:
    """A member whose files are damaged serves nobody; its VMs, mounts and leases are cared for all the same."""
    while (reason := membership.why_unusable()) is not None:
        notify(f"READY=1\nSTATUS={reason}. {RECOVER}")
        await clock.sleep(DAMAGED_S)
