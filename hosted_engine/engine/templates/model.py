"""A template: what VMs are made from; its disks are never written again."""

from dataclasses import dataclass
from enum import StrEnum

from hosted_engine.engine.vms.model import VmBase


class TemplateStatus(StrEnum):
    ILLEGAL = "illegal"
    LOCKED = "locked"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(VmBase):
    """`cluster_id` is None for `Blank`, which belongs to all. Its disks and NICs are found by `owner_id`."""

    cluster_id: str | None
    status: TemplateStatus = TemplateStatus.OK
    version_number: int = 1
    version_name: str = "base version"
    base_template_id: str = ""
