"""Documents as text: YAML as nmstate's users write it, of which JSON is a part."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from netconf.errors import BadText


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema: in that of 1.1, PyYAML's own, 52:54:00:12:34:56 is a number and `on` is true."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Loader.yaml_implicit_resolvers = {}
_CORE = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
)
for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value, 16 if "x" in node.value else 10))


def read(text: str) -> dict[str, object]:
    """Raises BadText for what is no YAML or no mapping."""
    try:
        found = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as err:
        raise BadText(reason=" ".join(str(err).split())) from err
    except RecursionError as err:
        raise BadText(reason="it is nested too deep") from err
    if not isinstance(found, dict):
        raise BadText(reason="it has to be a mapping with `interfaces`, `routes` and so on")
    return found


def write(document: Mapping[str, object]) -> str:
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True)
