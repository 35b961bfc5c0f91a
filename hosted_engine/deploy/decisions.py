"""All that is chosen once for a site, before its first step: a run after a crash has to choose the same again."""

import secrets
import uuid
from collections.abc import Iterable, Mapping

import msgspec

from hosted_engine.deploy.answers import Answers
from hosted_engine.passwords import hash_password
from node.api.messages.images import ImageRef
from node.api.problems import Refused

VOLUMES = ("engine", "data")
LOCKSPACE = "trivet"
LEASE = "engine"
ENGINE_VM = "HostedEngine"  # the name that clients of oVirt look for
TINY_MEMORY_BYTES = 128 << 20
MAC_PREFIX = "52:54:00"  # QEMU's, as libvirt gives out


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """`volume_ids` are the ids of the storage domains that the volumes become. `fixed` are the answers that a site is
    made of: they stay as they were. `resolved` are those that can be corrected until the site is up, and are not
    changed by a deploy afterwards; empty where they were not noted. Holds the admin's password."""

    fixed: dict[str, str]
    password: str
    password_hash: str
    engine_vm_id: str
    engine_nic_id: str
    engine_mac: str
    volume_ids: dict[str, str]
    system: ImageRef
    seed: ImageRef
    tiny: ImageRef
    template_id: str
    resolved: dict[str, str] = msgspec.field(default_factory=dict, name="settled")

    def names_of(self, mounted: Iterable[str]) -> dict[str, str]:
        """By what name a node has the storage domains of the volumes, of those that it has `mounted`: by the id, or by
        the volume's name, as an earlier version of Trivet mounted them."""
        there = frozenset(mounted)
        return {volume: name for volume in VOLUMES for name in (volume, self.volume_ids[volume]) if name in there}

    def volume_of(self, storage_domain: str) -> str:
        return next(volume for volume, id_ in self.volume_ids.items() if id_ == storage_domain)


class AnswersChanged(Refused):
    what = "Nothing was begun"
    why = "these answers are not those that the site was begun with: {changes}"
    mend = "Put the old answers back; nodes and names of a site that is there are changed through its engine"


def decide(answers: Answers, password: str | None = None) -> Decisions:
    """New decisions for `answers`; a password is made up where none is given."""
    password = password or secrets.token_urlsafe(18)
    mac = secrets.token_bytes(3)
    volume_ids = {volume: _id() for volume in VOLUMES}
    return Decisions(
        fixed=fixed(answers),
        resolved=resolved(answers),
        password=password,
        password_hash=hash_password(password),
        engine_vm_id=_id(),
        engine_nic_id=_id(),
        engine_mac=f"{MAC_PREFIX}:{mac[0]:02x}:{mac[1]:02x}:{mac[2]:02x}",
        volume_ids=volume_ids,
        system=ImageRef(storage_domain=volume_ids["engine"], disk_id=_id(), image_id=_id()),
        seed=ImageRef(storage_domain=volume_ids["engine"], disk_id=_id(), image_id=_id()),
        tiny=ImageRef(storage_domain=volume_ids["data"], disk_id=_id(), image_id=_id()),
        template_id=_id(),
    )


def fixed(answers: Answers) -> dict[str, str]:
    """The answers that cannot change once steps have been done with them, by path."""
    nodes = {
        f"nodes[{number}].{field}": str(value)
        for number, node in enumerate(answers.nodes)
        for field, value in (
            ("name", node.name),
            ("address", node.address),
            ("fingerprint", node.fingerprint),
            ("bricks.engine", node.bricks.engine),
            ("bricks.data", node.bricks.data),
        )
    }
    return {
        "site": answers.site,
        "engine.name": answers.engine.name,
        "engine.address": str(answers.engine.address),
        "management_network": answers.management_network,
        "admin_user": answers.admin_user,
    } | nodes


def resolved(answers: Answers) -> dict[str, str]:
    """The answers that are on the engine's own disk once the site is up; by path."""
    return {
        "gateway": str(answers.gateway or "none"),
        "dns": ", ".join(map(str, answers.dns)) or "none",
        "engine.extra_names": ", ".join(answers.engine.extra_names) or "none",
    }


def check(decisions: Decisions, answers: Answers, *, formed: bool, password: str | None = None) -> None:
    """Refuse answers that contradict what the site was begun with; `formed`: it has been up. `password` is what the
    password file holds now."""
    changes = _changes(decisions.fixed, fixed(answers))
    if formed and decisions.resolved:
        now = resolved(answers)  # an earlier version has noted more, which can be changed now
        changes += _changes({path: old for path, old in decisions.resolved.items() if path in now}, now)
    if password is not None and password != decisions.password:
        changes.append("password_file holds another password")
    if changes:
        raise AnswersChanged(changes="; ".join(changes))


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [
        f"{path} was {old.get(path, 'not there')} and is {new.get(path, 'not there')}"
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _id() -> str:
    return str(uuid.uuid4())


def read(text: bytes) -> Decisions:
    """As an earlier version wrote them, too: its images named a volume. Raises msgspec.MsgspecError."""
    document = msgspec.json.decode(text)
    for name in ("system", "seed", "tiny"):
        if (volume := document[name].pop("volume", None)) is not None:
            document[name]["storage_domain"] = document["volume_ids"][volume]
    return msgspec.convert(document, type=Decisions)
