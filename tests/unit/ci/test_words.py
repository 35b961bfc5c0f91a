import ast
from collections import Counter
from pathlib import Path

import pytest

from ci.words import acting_questions, names_in, over, package_of, parts_of, ruled_out, standard_word


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("take_back", ["take", "back"]),
        ("TakeBack", ["take", "back"]),
        ("_LOOK_EVERY_S", ["look", "every", "s"]),
        ("VMWish", ["vm", "wish"]),
        ("sha256", ["sha"]),
        ("__", []),
    ],
)
def test_a_name_is_split_at_underscores_and_capitals(name: str, parts: list[str]) -> None:
    assert parts_of(name) == parts


@pytest.mark.parametrize("name", ["wish", "VmWish", "wish_mount", "_is_kept", "LOOK_EVERY_S", "TakeBack", "words"])
def test_a_name_that_begins_or_ends_with_such_a_word_is_found(name: str) -> None:
    assert standard_word(name)


@pytest.mark.parametrize(
    "name", ["desired", "foreseen", "roll_back", "back", "lookup", "keep_alive", "is_wish_list", "observed", "", "_"]
)
def test_other_names_are_not(name: str) -> None:
    assert standard_word(name) is None


def test_the_name_of_a_test_is_a_sentence() -> None:
    assert standard_word("test_what_was_told") is None


SOURCE = '''
"""What we told."""
WISH = 1
ready: bool = True


class Keeper:
    told: str

    def look(self, *, seen: int) -> None:
        wish = seen
        self.kept = wish
'''


def test_what_a_module_names_is_found_and_the_variables_of_a_function_are_not() -> None:
    names = [name for _, name in names_in(ast.parse(SOURCE))]
    assert sorted(names) == sorted(["WISH", "ready", "Keeper", "told", "look", "self", "seen", "kept"])


def test_each_name_is_shown_once_with_its_line_and_the_standard_word() -> None:
    found = ruled_out(Path("netconf/told.py"), SOURCE)
    assert [(one.line, one.name) for one in found] == [
        (1, "told"),
        (3, "WISH"),
        (7, "Keeper"),
        (10, "look"),
        (10, "seen"),
        (12, "kept"),
    ]
    assert str(found[1]) == "netconf/told.py:3: WISH (desired)"


@pytest.mark.parametrize(
    "body",
    [
        "    def is_open(self) -> None:\n        close()",
        "    def _why_not_claimed(self) -> str:\n        self.claimed = True\n        return ''",
        "    async def find_node(self) -> str:\n        del self.cache\n        return ''",
    ],
)
def test_a_question_that_acts_is_found(body: str) -> None:
    assert len(list(acting_questions(ast.parse(f"class A:\n{body}\n")))) == 1


def test_a_question_that_answers_is_right() -> None:
    source = "class A:\n    def is_open(self) -> bool:\n        mine = self.open\n        return mine\n"
    assert not list(acting_questions(ast.parse(source)))


def test_the_engines_and_the_nodes_packages_count_for_themselves() -> None:
    assert package_of(Path("hosted_engine/engine/tasks/runner.py")) == "hosted_engine/engine"
    assert package_of(Path("hosted_engine/main.py")) == "hosted_engine"
    assert package_of(Path("netconf/kernel/diff.py")) == "netconf"


def test_one_name_more_than_allowed_in_all_is_refused() -> None:
    assert over(Counter(netconf=1, node=1), 2) is None
    assert over(Counter(netconf=1, node=2), 2) is not None
