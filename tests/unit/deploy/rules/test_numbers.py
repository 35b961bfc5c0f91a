"""Sizes, times, codes and files keep within what can be carried out, and secrets are never shown."""

import pytest

from hosted_engine.deploy.rules.numbers import (
    why_not_claim_code,
    why_not_memory_mib,
    why_not_password,
    why_not_password_file,
    why_not_vcpus,
)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (why_not_memory_mib, (512, 1024, 262144), (-1, 0, 511, 262145, 10**30)),
        (why_not_vcpus, (1, 2, 64), (-1, 0, 65, 10**30)),
    ],
)
def test_numbers_within_their_limits(rule: type, good: tuple[int, ...], bad: tuple[int, ...]) -> None:
    assert [rule(number) for number in good] == [None] * len(good)
    assert all(rule(number) for number in bad)


@pytest.mark.parametrize("text", ["", "x" * 65, "ABCD EFGH", "ABCD\n", " ABCD", "é", "\x00", "a\tb"])
def test_claim_codes_that_no_node_takes(text: str) -> None:
    reason = why_not_claim_code(text)
    assert reason
    assert not text or text not in reason
    assert why_not_claim_code("ABCD-EFGH-JKLM-NPQ2") is None
    assert why_not_claim_code("claimed") is None


@pytest.mark.parametrize("text", ["", "password", "./password", "~/password", "/a\x00b", "/a\nb", "/" + "x" * 5000])
def test_password_files_that_are_none(text: str) -> None:
    assert why_not_password_file(text) is not None
    assert why_not_password_file("/root/password of site") is None


@pytest.mark.parametrize("text", ["", "a\r", "two\nlines", "tab\there", "\x00", "x" * 256])
def test_passwords_that_nobody_can_type(text: str) -> None:
    reason = why_not_password(text)
    assert reason
    assert not text or text not in reason
    assert why_not_password("s3cret wörd") is None
