"""What the store keeps beside the entities of the API: the engine's own bookkeeping."""

from typing import Any

from hosted_engine.engine.disks.model import DiskImage
from hosted_engine.engine.entity.record import Record
from hosted_engine.engine.nodes.joining.model import NodeRegistration
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval
from hosted_engine.engine.nodes.network import ObservedLinks
from hosted_engine.engine.snapshots.model import MemoryVolume
from hosted_engine.engine.storage.model import ObservedStorage
from hosted_engine.engine.tasks.model import JournalLine, Task
from hosted_engine.engine.unregistered.model import Unregistered
from hosted_engine.engine.users.ldap_model import LdapDirectory
from hosted_engine.engine.users.lockout import SignOnAddress
from hosted_engine.engine.users.model import Session
from hosted_engine.engine.users.password_policy import PasswordPolicy

RECORDS: tuple[Record[Any], ...] = (
    Record(DiskImage, "disk_images", order="id"),
    Record(MemoryVolume, "memory_volumes", order="id"),
    Record(NodeRegistration, "node_registrations", order="since", indexes=(("state",),)),
    Record(Preapproval, "node_preapprovals", order="created_at", indexes=(("kind", "value"),)),
    Record(ObservedLinks, "seen_links", order="id"),
    Record(ObservedStorage, "seen_storage", order="id"),
    Record(LdapDirectory, "ldap_directories", order="id"),
    Record(PasswordPolicy, "password_policies", order="id"),
    Record(Session, "sessions", order="id"),
    Record(SignOnAddress, "sign_on_addresses", order="id", indexes=(("login",),)),
    Record(Task, "tasks", order="created_at", indexes=(("status",),)),
    Record(JournalLine, "journal_lines", order="number"),
    Record(Unregistered, "unregistered_entities", order=("name", "id")),
)
