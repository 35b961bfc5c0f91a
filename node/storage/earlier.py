"""What earlier versions of Trivet wrote, which knew a storage domain by the name of its Gluster volume; pure."""

from typing import Any

from gluster.mount import backup_options
from node.api.messages.mounts import HOSTED_ENGINE


def with_storage_domains(document: Any) -> Any:
    """References to images, leases and lockspaces name a storage domain; the earlier name of the key is `volume`."""
    if isinstance(document, list):
        return [with_storage_domains(item) for item in document]
    if not isinstance(document, dict):
        return document
    renamed = {("storage_domain" if key == "volume" else key): with_storage_domains(document[key]) for key in document}
    return _mount(renamed) if "servers" in renamed and "storage_domain" in renamed else renamed


def _mount(earlier: dict[str, Any]) -> dict[str, Any]:
    """A desired mount, of a volume and its servers."""
    name, (first, *others) = earlier["storage_domain"], earlier["servers"]
    spec = {"kind": "glusterfs", "source": f"{first}:/{name}", "options": backup_options(others)}
    return {"storage_domain": name, "spec": spec, "hosted_engine": name == HOSTED_ENGINE}
