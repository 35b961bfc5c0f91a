"""What lies on the engine volume so that any node can keep the engine alive: its VM and the site around it. Pure."""

import math
from dataclasses import replace

import msgspec

from hosted_engine.ha.profiles import DEFAULT, PROFILES, Profile
from node.api.messages.ha import SiteNode
from node.api.messages.vms import VmSpec
from node.api.problems import Failed
from node.storage import site_nodes
from node.storage.engine_vm_files import WANTED as ENGINE_VM_FILE

SITE_FILE = site_nodes.FILE
VERSION = 1


class SiteFileDamaged(Failed):
    what = "{file} on volume engine cannot be used"
    why = "{reason}"
    mend = "Run the deploy on the node that it ran on: it writes the file anew"


HaNode = SiteNode  # agents read and write this part of the file, too


class HaEngine(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what its certificate is made out to, `address` is without a prefix length."""

    name: str
    address: str


class HaSite(msgspec.Struct, frozen=True, kw_only=True):
    """`authority` is the certificate of the site's authority as PEM. `profile` names the timers. While these are
    changed hosts count a lease as free only `lease_grace_s` after their own sanlock does; others may count otherwise.
    """

    version: int = VERSION
    name: str
    nodes: tuple[HaNode, ...]
    engine: HaEngine
    authority: str
    lockspace: str
    lease: str
    io_timeout_s: int
    profile: str = "default"
    lease_grace_s: int = 0
    bridge: str = "ovirtmgmt"
    gateway: str | None = None
    dns: tuple[str, ...] = ()

    @property
    def timers(self) -> Profile:
        """While they are changed nothing is tried because this host takes another for dead by its own count."""
        profile = replace(PROFILES.get(self.profile, DEFAULT), io_timeout_s=self.io_timeout_s)
        return replace(profile, watchdog_fire_timeout_s=math.inf) if self.lease_grace_s else profile

    def node(self, name: str) -> HaNode | None:
        return next((node for node in self.nodes if node.name == name), None)


def format_files(site: HaSite, engine_vm: VmSpec) -> dict[str, str]:
    """Texts by file name; the same site gives the same texts."""
    return {ENGINE_VM_FILE: _text(engine_vm), SITE_FILE: _text(site)}


def parse_site(text: bytes) -> HaSite:
    """Raises SiteFileDamaged, also for one of a later version."""
    try:
        site = msgspec.json.decode(text, type=HaSite)
    except msgspec.MsgspecError as err:
        raise SiteFileDamaged(file=SITE_FILE, reason=str(err)) from err
    if site.version != VERSION:
        raise SiteFileDamaged(file=SITE_FILE, reason=f"it is of version {site.version}, known is {VERSION}")
    return site


def _text(one: HaSite | VmSpec) -> str:
    return msgspec.json.format(msgspec.json.encode(one), indent=2).decode() + "\n"
