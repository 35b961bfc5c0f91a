"""Makes SQL of a question: conditions on other tables are subqueries of their own, so that no row comes twice.

What is negated is true where the condition is not: where nothing is known, too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Alias,
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from hosted_engine.engine.search.paths import lead
from hosted_engine.engine.search.question import (
    AnyOf,
    Comparison,
    Like,
    OneOf,
    Order,
    Present,
    Question,
    Range,
    Test,
)
from hosted_engine.engine.search.terms import (
    Always,
    Contains,
    Count,
    During,
    Either,
    JsonPart,
    Leaf,
    Minus,
    Own,
    Step,
    Times,
    Total,
)
from hosted_engine.store.dialects import Dialect

Inner = Callable[[FromClause], ColumnElement[bool]]
Value = ColumnElement[Any]


class Compiler:
    """For one database; `tables` by their names."""

    def __init__(self, tables: Mapping[str, Table], dialect: Dialect) -> None:
        self._tables = tables
        self._dialect = dialect

    def select(self, table: Table, columns: Sequence[Value], question: Question) -> Select[Any]:
        query = select(*columns).where(*(_fixed(table.c[name], value) for name, value in question.within.items()))
        if question.after is not None:
            query = query.where(table.c.id > _number(question.after))
        if question.alternatives:
            either = (and_(*(self._any(table, one) for one in all_of)) for all_of in question.alternatives)
            query = query.where(or_(*either))
        query = query.order_by(*(self._order(table, order) for order in question.order))
        query = query.limit(question.limit) if question.limit is not None else query
        return query.offset(question.offset) if question.offset else query

    def _any(self, here: FromClause, any_of: AnyOf) -> ColumnElement[bool]:
        found = or_(false(), *(self._test(here, test) for test in any_of.tests))
        return found.is_not(true()) if any_of.negated else found

    def _test(self, here: FromClause, test: Test) -> ColumnElement[bool]:
        def compares(there: FromClause) -> ColumnElement[bool]:
            return self._compare(self._value(there, test.value), test.comparison)

        def below(there: FromClause) -> ColumnElement[bool]:
            return there.c.id.in_(self._branch(there, test.below, compares))

        return self._leads(here, test.steps, below if test.below else compares)

    def _leads(self, here: FromClause, steps: Sequence[Step], inner: Inner) -> ColumnElement[bool]:
        """Whether `steps` lead from the row `here` to one for which `inner` holds."""
        if not steps:
            return inner(here)
        step, *others = steps
        there = self._tables[step.table].alias()
        key, column = (here.c.id, there.c[step.field]) if step.back else (here.c[step.field], there.c.id)
        found = select(column).where(column.is_not(None), self._leads(there, others, inner))
        return key.in_(found)

    def _branch(self, table: FromClause, above: str, inner: Inner) -> Select[Any]:
        """The ids of the rows for which `inner` holds, and of all that stand below them."""
        top, child = (self._tables[_name(table)].alias() for _ in range(2))
        found = select(top.c.id).where(inner(top)).cte(recursive=True)
        found = found.union(select(child.c.id).where(child.c[above] == found.c.id))
        return select(found.c.id)

    def _value(self, here: FromClause, leaf: Leaf) -> Value:
        match leaf:
            case Own(field):
                return here.c[field]
            case During(field, other):
                return case((here.c[other].is_not(None), here.c[field]))
            case JsonPart(field, name, text):
                part: Any = self._dialect.json(here.c[field])[name]
                found: Value = part.as_string() if text else part.as_float()
                return found
            case Contains(field, text_):
                return here.c[field].contains(f'"{text_}"', autoescape=True)
            case Either(field, yes, no):
                return case((here.c[field].is_(true()), yes), else_=no)
            case Times(factors):
                product: Value = literal(1)
                for factor in factors:
                    product = product * self._value(here, Own(factor) if isinstance(factor, str) else factor)
                return product
            case Minus(whole, part_):
                return here.c[whole] - here.c[part_]
            case Always(value):
                return literal(value)
            case Count() | Total():
                return self._counted(here, leaf)
        raise TypeError(f"{leaf} is not in the database")

    def _counted(self, here: FromClause, leaf: Count | Total) -> Value:
        last, conditions = self._along(here, lead(_name(here), leaf.path).steps)
        if leaf.field:
            conditions.append(last.c[leaf.field].in_(sorted(leaf.among)))
        what = func.coalesce(func.sum(last.c[leaf.total]), 0) if isinstance(leaf, Total) else func.count()
        return select(what).where(*conditions).correlate(here).scalar_subquery()

    def _along(self, here: FromClause, steps: Sequence[Step]) -> tuple[FromClause, list[ColumnElement[bool]]]:
        """The table where `steps` end, and what joins it with `here`."""
        conditions: list[ColumnElement[bool]] = []
        for step in steps:
            there = self._tables[step.table].alias()
            conditions.append(there.c[step.field] == here.c.id if step.back else there.c.id == here.c[step.field])
            here = there
        return here, conditions

    def _order(self, here: FromClause, order: Order) -> Any:
        last, conditions = self._along(here, order.steps)
        value = self._value(last, order.value)
        if order.text:
            value = self._dialect.sorted(value)
        if order.ranks:
            value = case(dict(order.ranks), value=value)
        if isinstance(value.type, Boolean):  # of which PostgreSQL knows no least
            value = cast(value, Integer)
        if order.steps:
            value = select(func.min(value)).where(*conditions).correlate(here).scalar_subquery()
        sorted_ = value.desc() if order.descending is not order.turned else value.asc()
        return sorted_.nulls_last() if order.descending else sorted_.nulls_first()

    def _compare(self, value: Value, comparison: Comparison) -> ColumnElement[bool]:
        match comparison:
            case Like(pattern, case_sensitive):
                return self._dialect.like(value, pattern, case_sensitive=case_sensitive)
            case OneOf(values):
                return value.in_(values)
            case Present():
                return and_(value.is_not(None), value != "") if isinstance(value.type, String) else value.is_not(None)
            case Range(least, most, least_in, most_in):
                bounds: list[ColumnElement[bool]] = []
                if least is not None:
                    bounds.append(value >= _number(least) if least_in else value > _number(least))
                if most is not None:
                    bounds.append(value <= _number(most) if most_in else value < _number(most))
                return and_(true(), *bounds)


def _fixed(column: Value, value: Any) -> ColumnElement[bool]:
    """To one value, or to one of several; ids of the API are text, some of the store's are numbers."""
    if not isinstance(value, frozenset):
        equal: ColumnElement[bool] = column == value
        return equal
    return column.in_([int(one) for one in value] if isinstance(column.type, Integer) else value)


def _name(here: FromClause) -> str:
    table = here.element if isinstance(here, Alias) else here
    assert isinstance(table, Table)
    return table.name


def _number(bound: float) -> Any:
    """Not of the column's type: PostgreSQL would round it for one of whole numbers, and refuse what a short one cannot
    hold."""
    return literal(bound, Double() if isinstance(bound, float) else BigInteger())
