"""A template: what VMs are made from; its disks are never written again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Reference, Settable, name_rule
from hosted_engine.engine.vms.model import VmBase


class TemplateStatus(StrEnum):
    ILLEGAL = "illegal"
    LOCKED = "locked"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(VmBase):
    """`cluster_id` is None for `Blank`, which belongs to all. Its disks and NICs are found by `owner_id`."""

    name: Annotated[str, Field("name", search="name", length=255, rule=name_rule())]
    cluster_id: Annotated[
        str | None, Reference("cluster", settable=Settable.ON_ADD, search="cluster", to="clusters")
    ] = None
    status: Annotated[TemplateStatus, Field("status", settable=Settable.NEVER, search="status")] = TemplateStatus.OK
    version_number: Annotated[
        int, Field("version.version_number", settable=Settable.NEVER, search="version_number")
    ] = 1
    version_name: Annotated[str, Field("version.version_name", search="version_name")] = "base version"
    base_template_id: str = ""
