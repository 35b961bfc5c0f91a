"""Documents as text: YAML as nmstate's users write it, of which JSON is a part."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from netconf.errors import BadText


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema: in that of 1.1, PyYAML's own, 52:54:00:12:34:56 is a number and `on` is true."""


class _Dumper(yaml.SafeDumper):
    """Quotes whatever a reader of YAML 1.1 or 1.2 takes for something else than a text."""

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
# Beside what PyYAML's own schema, that of 1.1, knows: it quotes these, too. From the core schema of 1.2.2, and from the
# types of 1.1 as other readers have them: numbers in any base with or without a sign, exponents without a point.
_NUMBER = r"[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?"
_BASED = r"[-+]?0(?:[bB][01_]+|[oO][0-7_]+|[xX][0-9a-fA-F_]+)"
_SIXTIES = r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?"
_CONSTANTS = r"(?i:y|yes|n|no|on|off|true|false|null|~|[-+]?\.inf|\.nan)|<<|="
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(rf"^(?:{_NUMBER}|{_BASED}|{_SIXTIES}|{_DATE}|{_CONSTANTS})$"),
    list("-+.0123456789~<=yYnNoOtTfF"),
)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value, 16 if "x" in node.value else 10))


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    """Only between double quotes do all breaks of lines come back as they were."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if value.isprintable() else '"')


_Dumper.add_representer(str, _text)


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
