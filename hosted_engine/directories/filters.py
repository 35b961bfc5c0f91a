"""From what is asked of a list to a filter of LDAP (RFC 4515). Pure."""

import re
from collections.abc import Mapping

from ldap3.utils.conv import escape_filter_chars

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.search.question import AnyOf, Comparison, Like, OneOf, Present, Question, Test
from hosted_engine.engine.search.terms import Own


def filter_of(question: Question, kind: str, attributes: Mapping[str, str]) -> str:
    """`kind` is the filter of all that is there, `attributes` are by the fields that the question names. Raises
    BadValue."""
    alternatives = ["".join(_any_of(one, attributes) for one in all_of) for all_of in question.alternatives]
    return f"(&{kind}{either(tuple(f'(&{one})' for one in alternatives))})" if alternatives else kind


def equal(attribute: str, value: str) -> str:
    return f"({attribute}={escape_filter_chars(value)})"


def either(filters: tuple[str, ...]) -> str:
    return filters[0] if len(filters) == 1 else f"(|{''.join(filters)})"


def _any_of(condition: AnyOf, attributes: Mapping[str, str]) -> str:
    found = either(tuple(_test(test, attributes) for test in condition.tests))
    return f"(!{found})" if condition.negated else found


def _test(test: Test, attributes: Mapping[str, str]) -> str:
    name = test.value.field if isinstance(test.value, Own) else ""
    if test.steps or name not in attributes:
        raise BadValue(value=name or "this", field="a search", reason="a directory cannot be asked for it")
    return _compared(attributes[name], test.comparison)


def _compared(attribute: str, comparison: Comparison) -> str:
    match comparison:
        case Like(pattern=pattern):
            value = re.sub(r"\*+", "*", pattern)  # several in a row are no filter
            return f"({attribute}={'*'.join(map(escape_filter_chars, value.split('*')))})"
        case Present():
            return f"({attribute}=*)"
        case OneOf(values=values) if values:
            return either(tuple(equal(attribute, str(value)) for value in values))
    raise BadValue(value="this", field="a search", reason="a directory cannot compare so")
