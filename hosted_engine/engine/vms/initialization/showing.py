"""How the initialization of a VM or template is shown: as in oVirt all but its password."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.structure import shown
from hosted_engine.engine.secrets import Secrets
from hosted_engine.engine.vms.initialization.model import Initialization
from node.api.problems import Failed

READABLE = ("custom_script", "windows_license_key")


def initialization_elements(secrets: Secrets, initialization: Initialization | None) -> Mapping[str, Any] | None:
    if initialization is None:
        return None
    elements = shown(initialization)
    for name in READABLE:
        if (secret := getattr(initialization, name)) is not None:
            try:
                elements[name] = secrets.reveal(secret)
            except Failed:
                continue  # a key that is lost hides no VM: what it sealed is shown as a password is
    return elements
