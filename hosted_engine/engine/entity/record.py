"""A kind of object that the store keeps: a frozen dataclass, and what its table has beside the fields' columns."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from hosted_engine.engine.entity.field import Field, Reference
from hosted_engine.engine.entity.registry import register_record


class Model(Protocol):
    """A dataclass whose objects have an id."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> Any:
        """A text; an event's is a number."""


T = TypeVar("T", bound=Model)

_UNSAID = Field()


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a model. `type` is its Python type without None, `optional` whether it may be None."""

    name: str
    type: Any
    optional: bool
    has_default: bool
    field: Field

    @property
    def reference(self) -> Reference | None:
        return self.field if isinstance(self.field, Reference) else None


class Record(Generic[T]):
    """`table` is its name in the database, `order` the fields by which lists are ordered, with a "-" from the greatest
    to the least; every tuple of `unique` and `indexes` names fields. Raises TypeError where they name what the model
    does not have."""

    def __init__(
        self,
        model: type[T],
        table: str,
        *,
        order: str | tuple[str, ...] = "name",
        unique: tuple[tuple[str, ...], ...] = (),
        indexes: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.model = model
        self.table = table
        self.order = (order,) if isinstance(order, str) else order
        self.unique = unique
        self.indexes = indexes
        self.columns: Mapping[str, Column] = _columns(model)
        ordered = (name.removeprefix("-") for name in self.order)
        for name in {*ordered, *(name for names in (*unique, *indexes) for name in names)}:
            if name not in self.columns:
                raise TypeError(f"{model.__name__} has no field {name}, which its declaration names")
        register_record(self)

    @property
    def references(self) -> Mapping[str, Reference]:
        return {c.name: c.reference for c in self.columns.values() if c.reference is not None}


def _columns(model: type[Any]) -> dict[str, Column]:
    if not is_dataclass(model):
        raise TypeError(f"{model} is no dataclass")
    hints = get_type_hints(model, include_extras=True)
    return {f.name: _column(f.name, hints[f.name], has_default=_has_default(f)) for f in fields(model)}


def _has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _column(name: str, hint: Any, *, has_default: bool) -> Column:
    said = _UNSAID
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        said = next((note for note in notes if isinstance(note, Field)), _UNSAID)
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    optional = NoneType in kinds
    kind = next(k for k in kinds if k is not NoneType)
    return Column(name, kind, optional, has_default, said)
