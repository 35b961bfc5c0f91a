"""What each operation of the API needs, and who is shown what it reads (operations.json, made by ci/permits.py).

An operation that changes something has a list of checks, all of which have to hold: "PERMIT on OBJECT of PLACE if
CONDITION", of which the last two parts are often left out. OBJECT is oVirt's word for a kind of object
(`hosted_engine.engine.permissions.objects`), or
  System           the whole
  Any              what the path leads to, or else the body names
  Permission       what the permission in the path is about
  TemplateStorage  the storage domains of the template's disks
PLACE is where the body names it (a.b|c, a dot for the body itself). Without one it is what the path leads to, or what
is above that; and where the path leads to nothing yet, what the body names. CONDITION is one of
  a.b|c            the body has one of these elements, and in an update it says something new; with ! it has not
  ;name=false      the parameter says so
  /host            the path has such an id; with ! it has not
  self             the path leads to the caller; with ! it does not
  administrative_role  the permission gives or takes a role of administrators
The permit SUPER_USER is the role SuperUser itself.

One that reads has a word: `all` shows it to whoever is signed in, `administrators` to nobody else; the name of a table
shows those of its objects that one may see; `within` what is below such an object; `own` what one did oneself; and
`granters` are those who may give permissions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ALL, ADMINISTRATORS, WITHIN, OWN, GRANTERS = "all", "administrators", "within", "own", "granters"
SUPER_USER = "super_user"


@dataclass(frozen=True, slots=True)
class Check:
    """`permit` is its name in lower case, as the API has it."""

    permit: str
    object: str
    place: str = ""
    condition: str = ""

    def __str__(self) -> str:
        """For a manual."""
        of = f" of {self.place}" if self.place else ""
        when = f" if {self.condition}" if self.condition else ""
        return f"{self.permit} on {self.object}{of}{when}".replace("|", " or ")


@dataclass(frozen=True, slots=True)
class Operation:
    """`shown` is empty for one that changes something."""

    checks: tuple[Check, ...] = ()
    shown: str = ""


def operation_of(service: str, method: str) -> Operation:
    """Raises TypeError: nothing may be there that nobody has said anything of."""
    try:
        return operations()[service, method]
    except KeyError:
        raise TypeError(f"{service}.{method} is not in operations.json: what it needs has to be said there") from None


@cache
def operations() -> Mapping[tuple[str, str], Operation]:
    data = json.loads(Path(__file__).with_name("operations.json").read_text())
    return {(name.partition(".")[0], name.partition(".")[2]): _operation(declared) for name, declared in data.items()}


def _operation(declared: str | list[str]) -> Operation:
    if isinstance(declared, str):
        return Operation(shown=declared)
    return Operation(tuple(_check(one) for one in declared))


def _check(text: str) -> Check:
    what, _, condition = text.partition(" if ")
    permit, _, where = what.partition(" on ")
    kind, _, place = where.partition(" of ")
    return Check(permit.lower(), kind, place, condition)
