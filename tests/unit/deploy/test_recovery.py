"""What is sealed with the recovery code is opened by that code alone, and whatever was changed is noticed."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hosted_engine.deploy import recovery
from hosted_engine.deploy.recovery import RecoveryDamaged, WrongCode, new_code, seal, site_of, unseal, why_not_code

FILES = {"ca.key": "-----BEGIN…\n", "decisions.json": "{}"}
CODE = "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_COST", 2)


def test_the_code_opens_it_however_it_is_written() -> None:
    code = new_code()
    text = seal("branch-7", FILES, code)
    for typed in (code, code.lower(), code.replace("-", " "), f"  {code.replace('-', '')}\n"):
        assert unseal(text, typed) == FILES
    assert site_of(text) == "branch-7"


def test_nothing_of_it_can_be_read_without_the_code() -> None:
    text = seal("lab", FILES, CODE)
    assert "BEGIN" not in text
    assert "BEGIN" not in base64.b64decode(json.loads(text)["data"]).decode(errors="replace")
    assert CODE not in text
    assert CODE.replace("-", "") not in text


def test_no_other_code_opens_it() -> None:
    text = seal("lab", FILES, CODE)
    for other in (new_code(), CODE[:-1] + "2", ""):
        with pytest.raises(WrongCode, match="site lab"):
            unseal(text, other)


def test_the_same_sealed_twice_has_nothing_in_common() -> None:
    one, other = (json.loads(seal("lab", FILES, CODE)) for _ in range(2))
    assert one["header"]["salt"] != other["header"]["salt"]
    assert one["header"]["nonce"] != other["header"]["nonce"]
    assert one["data"] != other["data"]


def test_it_costs_a_guesser_32_mib_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    header = json.loads(seal("lab", FILES, CODE))["header"]
    assert (header["kdf"], header["n"], header["r"], header["p"]) == ("scrypt", 32768, 8, 1)
    assert header["cipher"] == "aes-256-gcm"


def flipped(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[0] ^= 1
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("field", "change"),
    [("site", lambda _: "other"), ("n", lambda _: 4), ("salt", flipped), ("nonce", flipped), ("data", flipped)],
)
def test_a_changed_bit_is_noticed(field: str, change: Callable[[Any], object]) -> None:
    sealed = json.loads(seal("lab", FILES, CODE))
    holder = sealed if field == "data" else sealed["header"]
    holder[field] = change(holder[field])
    with pytest.raises(WrongCode):
        unseal(json.dumps(sealed), CODE)


@pytest.mark.parametrize(
    ("field", "value", "description"),
    [
        ("version", 2, "it is of version 2, known is 1"),
        ("format", "zip", "not sealed in a way"),
        ("kdf", "none", "not sealed in a way"),
        ("cipher", "rot13", "not sealed in a way"),
        ("n", 1 << 21, "asks for more work"),
        ("n", 0, "asks for more work"),
        ("n", -2, "asks for more work"),
        ("n", 1000, ""),
        ("r", 1 << 20, "asks for more work"),
        ("p", 1000, "asks for more work"),
        ("salt", "é", ""),
        ("nonce", "", ""),
        ("n", "many", ""),
        ("salt", None, ""),
    ],
)
def test_a_header_that_none_of_ours_has_is_refused(field: str, value: object, description: str) -> None:
    sealed = json.loads(seal("lab", FILES, CODE))
    sealed["header"][field] = value
    with pytest.raises(RecoveryDamaged, match=description or "."):
        unseal(json.dumps(sealed), CODE)


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", '{"header": {}}', "\x00" * 512])
def test_what_is_no_recovery_file_is_refused(text: str) -> None:
    with pytest.raises(RecoveryDamaged):
        unseal(text, CODE)
    with pytest.raises(RecoveryDamaged):
        unseal(text.encode() + b"\xff", CODE)


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=10), st.text(max_size=200), max_size=5), st.text(max_size=20))
def test_whatever_is_sealed_comes_back(files: dict[str, str], site: str) -> None:
    assert unseal(seal(site, files, CODE), CODE) == files


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(RecoveryDamaged):
        unseal(data, CODE)


def test_codes_are_long_and_never_the_same() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(why_not_code(code) is None for code in codes)
    assert len(recovery.LETTERS) ** (recovery.GROUPS * recovery.GROUP) == 2**120


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "has 0 letters and digits"),
        ("ABCD", "has 4 letters and digits and has to have 24"),
        (CODE + "A", "has 25"),
        (CODE.replace("A", "0"), "holds '0'"),
        (CODE.replace("B", "O").replace("C", "1"), "holds '1', 'O'"),
        (CODE.replace("A", "é"), "holds '\\xc9'"),
    ],
)
def test_what_is_no_code_is_told_without_showing_it(text: str, description: str) -> None:
    reason = why_not_code(text)
    assert reason is not None
    assert description in reason
    assert not text or text not in reason
