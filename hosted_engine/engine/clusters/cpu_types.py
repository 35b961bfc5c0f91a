"""The CPU types that a cluster may have, by oVirt's names: each a model of QEMU with features added or taken away."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hosted_engine.engine.problems import BadValue


def known_cpu_type(value: Any, field: str) -> str:
    """Empty for none: VMs have then what their host has."""
    if value and value not in cpu_types():
        raise BadValue(value=repr(value), field=field, reason=f"it has to be one of {', '.join(cpu_types())}")
    return str(value)


def model_of(cpu_type: str) -> str:
    return cpu_types()[cpu_type].split(",")[0] if cpu_type else ""


def features_of(cpu_type: str) -> tuple[str, ...]:
    """Which are added to the model (`+ssbd`) or taken from it (`-hle`)."""
    return tuple(cpu_types()[cpu_type].split(",")[1:]) if cpu_type else ()


@cache
def cpu_types() -> Mapping[str, str]:
    types: Mapping[str, str] = json.loads(Path(__file__).with_name("cpu_types.json").read_text())["types"]
    return types
