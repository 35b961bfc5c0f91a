"""A storage connection: where a storage domain's storage is, and how nodes mount it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Settable


class StorageType(StrEnum):
    CINDER = "cinder"
    FCP = "fcp"
    GLANCE = "glance"
    GLUSTERFS = "glusterfs"
    ISCSI = "iscsi"
    LOCALFS = "localfs"
    MANAGED_BLOCK_STORAGE = "managed_block_storage"
    NFS = "nfs"
    POSIXFS = "posixfs"


class NfsVersion(StrEnum):
    AUTO = "auto"
    V3 = "v3"
    V4 = "v4"
    V4_0 = "v4_0"
    V4_1 = "v4_1"
    V4_2 = "v4_2"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConnection:
    """`path` is an absolute path: a server's export, a Gluster volume behind a slash, a folder of the node; of posixfs
    whatever mount(8) takes. `mount_options` are separated by commas. `nfs_timeo` counts tenths of seconds."""

    id: str
    type: Annotated[StorageType, Field("type", settable=Settable.ON_ADD, search="type")]
    path: Annotated[str, Field("path", length=250)]
    address: Annotated[str, Field("address", length=255)] = ""
    vfs_type: Annotated[str, Field("vfs_type", length=128)] = ""
    mount_options: Annotated[str, Field("mount_options", length=500)] = ""
    nfs_version: Annotated[NfsVersion | None, Field("nfs_version")] = None
    nfs_timeo: Annotated[int | None, Field("nfs_timeo", least=1, most=65535)] = None
    nfs_retrans: Annotated[int | None, Field("nfs_retrans", least=0, most=65535)] = None
