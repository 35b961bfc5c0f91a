"""The operating systems that a VM may be said to have, by oVirt's names."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any


@cache
def operating_systems() -> Sequence[Mapping[str, Any]]:
    """As the API shows them."""
    systems = json.loads(Path(__file__).with_name("operating_systems.json").read_text())["systems"]
    return [
        {"id": str(number), "name": name, "description": description, "architecture": "x86_64"}
        for name, (number, description) in systems.items()
    ]
