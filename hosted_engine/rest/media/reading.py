"""What the readers of XML and JSON have in common: values with the path of their element, and what is unknown."""

from typing import Any, NoReturn

from hosted_engine.limits import DEPTH, LIST_ITEMS
from hosted_engine.rest.ids import canonical_id
from hosted_engine.rest.media.wire import Unfit, Wire, describe, listed, parse, quoted, shown
from hosted_engine.rest.problems import BadValue, TooDeep, TooMany
from hosted_engine.rest.schema import Attribute, Schema, Type

# What answers carry beside the attributes; clients send it back.
OF_ANSWERS = frozenset(("link", "actions"))


class Reading:
    """One document on its way to a wire object. Paths are those of the elements, `vm.nics.nic[2].mac.address`, with the
    items of a list counted from 1 as in XPath. `unknown` gets the paths of what the API does not have."""

    def __init__(self, schema: Schema, unknown: list[str]) -> None:
        self.schema = schema
        self.unknown = unknown

    def put_id(self, value: Wire, identity: Any, path: str) -> None:
        """Raises BadValue where it is there already, and another one."""
        identity = canonical_id(identity) if isinstance(identity, str) else identity
        if (before := value.get("id", identity)) != identity:
            problem = f"the attribute id {quoted(str(before))} and the element id {quoted(str(identity))} differ"
            raise BadValue(element=path, problem=problem)
        value["id"] = identity

    def primitive(self, text: str, kind: str, path: str) -> Any:
        """Raises BadValue."""
        try:
            return parse(self.schema, text, kind)
        except Unfit as err:
            raise BadValue(element=path, problem=err) from None

    def leave_out(self, path: str, name: str) -> None:
        if name not in OF_ANSWERS:
            self.unknown.append(f"{path}.{shown(name)}")

    def check_depth(self, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep(limit=DEPTH)

    def check_items(self, found: int, path: str) -> None:
        if found > LIST_ITEMS:
            raise TooMany(element=path, found=found, limit=LIST_ITEMS)


def no_object(found: str, kind: Type, path: str) -> NoReturn:
    """`found` names what stands where an object of that type has to be."""
    problem = f"{found} stands where an object has to be; its elements are {listed(kind.by_tag)}"
    raise BadValue(element=path, problem=problem)


def no_list(found: str, attribute: Attribute, path: str) -> NoReturn:
    raise BadValue(element=path, problem=f"{found} stands where a list of {attribute.item_tag} has to be")


def no_value(found: str, kind: str, path: str) -> NoReturn:
    raise BadValue(element=path, problem=f"{found} stands where {describe(kind)} has to be")
