"""Where answers come from, as the kernel's command line says it."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.sources import BadSource, HttpsSource, LabelSource, find_source

DIGEST = bytes(range(32))
HEX, BASE64 = DIGEST.hex(), base64.b64encode(DIGEST).decode()
URL = "https://deploy.example.org/nodes/a.toml?token=hunter2"


@pytest.mark.parametrize(
    ("command_line", "source"),
    [
        ("", None),
        ("quiet console=ttyS0,115200 trivet.answersx=1 nottrivet.answers=label:X", None),
        ("quiet trivet.answers=label:ANSWERS console=tty0\n", LabelSource("ANSWERS")),
        ("trivet.answers=label:site-1/nodes/a.toml", LabelSource("site-1", "nodes/a.toml")),
        ('"trivet.answers=label:A/my file.toml"', LabelSource("A", "my file.toml")),
        ('trivet.answers="label:A/my file.toml"', LabelSource("A", "my file.toml")),
        ("trivet.answers=label:A trivet.answers=label:A", LabelSource("A")),
        (f"trivet.answers={URL}", HttpsSource("deploy.example.org", 443, "/nodes/a.toml?token=hunter2")),
        ("trivet.answers=HTTPS://h", HttpsSource("h", 443, "/")),
        (
            f"trivet.answers=https://[2001:db8::1]:8443/a trivet.answers.pin=sha256:{HEX}",
            HttpsSource("2001:db8::1", 8443, "/a", DIGEST),
        ),
        (f"trivet.answers.pin=sha256:{BASE64} trivet.answers=https://h/", HttpsSource("h", 443, "/", DIGEST)),
        (f"trivet.answers.pin=sha256//{BASE64} trivet.answers=https://h/", HttpsSource("h", 443, "/", DIGEST)),
        (f"trivet.answers.pin=sha256:{HEX.upper()} trivet.answers=https://h/", HttpsSource("h", 443, "/", DIGEST)),
    ],
)
def test_what_the_command_line_says(command_line: str, source: HttpsSource | LabelSource | None) -> None:
    assert find_source(command_line) == source


@pytest.mark.parametrize(
    ("command_line", "reason"),
    [
        ("trivet.answers=http://h/a.toml", "trivet.answers says plain http"),
        ("trivet.answers=", "has to begin with label: or https://"),
        ("trivet.answers=/dev/sdb1", "has to begin with label: or https://"),
        ("trivet.answers=label:", "names no label"),
        ("trivet.answers=label:a/../b", "names a file with .. in its path"),
        ("trivet.answers=label:../b", "names no label"),
        ("trivet.answers=https://", "names no server"),
        ("trivet.answers=https://h:99999/", "is no address of a server"),
        ("trivet.answers=https://[::1/", "is no address of a server"),
        ("trivet.answers=https://me:secret@h/", "holds a user's name"),
        ("trivet.answers=https://h/ä", "holds other than ASCII"),
        ("trivet.answers=label:a trivet.answers=label:b", "is there more than once"),
        (f"trivet.answers.pin=sha256:{HEX}", "trivet.answers.pin is there without trivet.answers"),
        (f"trivet.answers=label:a trivet.answers.pin=sha256:{HEX}", "is for answers by https only"),
        ("trivet.answers=https://h/ trivet.answers.pin=sha1:00", "has to begin with sha256:"),
        ("trivet.answers=https://h/ trivet.answers.pin=sha256:00", "has to be the 64 hexadecimal digits"),
        ("trivet.answers=https://h/ trivet.answers.pin=sha256:é", "has to be the 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_used(command_line: str, reason: str) -> None:
    with pytest.raises(BadSource, match=reason) as caught:
        find_source(command_line)
    assert "secret" not in str(caught.value)


def test_secrets_of_an_address_are_not_shown() -> None:
    assert str(find_source(f"trivet.answers={URL}")) == "https://deploy.example.org/nodes/a.toml"
    assert str(find_source("trivet.answers=https://[2001:db8::1]:8443/a")) == "https://[2001:db8::1]:8443/a"
    assert str(find_source("trivet.answers=label:A")) == "answers.toml on A"


@given(st.text(max_size=60), st.sampled_from(["label:", "https://", "https://h/", "http:", ""]), st.text(max_size=60))
def test_any_command_line_is_read_or_refused(before: str, scheme: str, value: str) -> None:
    with contextlib.suppress(BadSource):
        find_source(f"{before} trivet.answers={scheme}{value} trivet.answers.pin=sha256:{value}")
