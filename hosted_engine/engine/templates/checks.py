"""The questions about a template's versions, and whether it may go, each with its refusal."""

from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, InUse, WrongState, found, listed
from hosted_engine.engine.templates.model import Template, TemplateStatus


def base_of(template: Template) -> str:
    """The id of the first version."""
    return template.base_template_id or template.id


def check_changeable(template: Template) -> None:
    """Raises WrongState for Blank, and for a template that something is done to."""
    reason, mend = "", "Try again when it is ok"
    if template.id == BLANK_TEMPLATE_ID:
        reason = "it belongs to the engine, for VMs that are made of nothing"
        mend = "Say at the VM what it is to have"
    elif template.status is not TemplateStatus.OK:
        reason = f"it is {template.status.value}"
    if reason:
        raise WrongState(action="change", kind="template", name=template.name, reason=reason, mend=mend)


def check_base(tx: Transaction, template: Template) -> None:
    """Raises Refused where the first version is none, or cannot have others."""
    if base_of(template) == template.id:
        return
    base = found(tx.templates.get(template.base_template_id), "template", template.base_template_id)
    reason = ""
    if base.id == BLANK_TEMPLATE_ID:
        reason = "Blank has no versions"
    elif base_of(base) != base.id:
        reason = f"{base.name} is a version of another one itself"
    if reason:
        raise BadValue(value=base.id, field="template.version.base_template", reason=reason)


def check_gone(tx: Transaction, template: Template) -> None:
    """Raises Refused while it has to stay; that VMs are made of it is asked already."""
    reason, mend = "", "Leave it as it is"
    if template.id == BLANK_TEMPLATE_ID:
        reason = "it belongs to the engine, for VMs that are made of nothing"
    elif template.delete_protected:
        reason, mend = "it is protected from removal", "Switch the protection off first"
    elif template.status is TemplateStatus.LOCKED:
        reason, mend = "it is locked", "Try again when it is ok"
    if reason:
        raise WrongState(action="remove", kind="template", name=template.name, reason=reason, mend=mend)
    versions = [one for one in tx.templates.list(base_template_id=template.id) if one.id != template.id]
    if versions:
        users = f"its versions {listed([f'{one.name} {one.version_number}' for one in versions])}"
        raise InUse(kind="template", name=template.name, users=users)


def check_nothing_stands_on_it(tx: Transaction, template: Template) -> None:
    """A VM's disk stands on its template's also when it was attached to another VM since."""
    bases = tuple(attachment.disk_id for attachment in tx.disk_attachments.list(owner_id=template.id))
    if bases and (thin := tx.disks.list(template_disk_id=bases)):
        users = f"disk {listed([disk.name for disk in thin])}"
        raise InUse(kind="template", name=template.name, users=users)
