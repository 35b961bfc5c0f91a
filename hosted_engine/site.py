"""What the deploy hands to the engine on its seed disk: the site as it was made. Pure; both sides may import it."""

import msgspec

from node.api.messages.images import ImageFormat, ImageRef

SEED_LABEL = "TRIVETSEED"
SYSTEM_FOLDER = "system"  # files for the VM's system lie below it as below /; see first_boot.sh
SITE_FILE = "site.json"
AUTHORITY_CERTIFICATE_FILE = "ca.crt"
AUTHORITY_KEY_FILE = "ca.key"
ENGINE_CERTIFICATE_FILE = "engine.crt"
ENGINE_KEY_FILE = "engine.key"


class SiteNode(msgspec.Struct, frozen=True, kw_only=True):
    """`host_id` (from 1) is the node's number in the sanlock lockspaces."""

    id: str
    name: str
    address: str
    host_id: int


class SiteVolume(msgspec.Struct, frozen=True, kw_only=True):
    """A Gluster volume that becomes the storage domain `name`, with the storage domain id `id`."""

    id: str
    name: str
    replica: int
    bricks: tuple[str, ...]


class SiteTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template whose one disk was put on a volume by the deploy."""

    id: str
    name: str
    image: ImageRef
    format: ImageFormat
    virtual_size_bytes: int
    memory_bytes: int


class EngineVm(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's own VM; the engine shows it and keeps its hands off it. `address` has its prefix length."""

    id: str
    name: str
    address: str
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    memory_bytes: int = 1 << 30
    vcpus: int = 1


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """`admin_password_hash` is as hosted_engine.passwords makes it.
    `names` maps every machine of the site, the engine included, to its address. `recovery_code` opens the recovery file
    on volume engine; empty for a site that was made before there was one."""

    name: str
    data_center: str
    cluster: str
    management_network: str
    engine: EngineVm
    nodes: tuple[SiteNode, ...]
    volumes: tuple[SiteVolume, ...]
    templates: tuple[SiteTemplate, ...]
    names: dict[str, str]
    admin_user: str
    admin_password_hash: str
    recovery_code: str = ""
