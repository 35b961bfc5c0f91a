"""Which format a body is read in and an answer is written in, by Content-Type and Accept."""

import pytest

from hosted_engine.rest.media.formats import Format, format_of_answer, format_of_body
from hosted_engine.rest.problems import NotAcceptable, UnknownMediaType

XML, JSON = Format.XML, Format.JSON


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/xml"),
        ("*/*", "application/xml"),
        ("*", "application/xml"),  # Java's URLConnection
        ("application/*", "application/xml"),
        ("application/xml", "application/xml"),  # the SDKs of Python, Java and Go, fence_rhevm
        ("application/xml, */*; q=0.5", "application/xml"),
        ("application/xml;charset=utf-8", "application/xml"),
        ("text/xml", "text/xml"),
        ("text/*", "text/xml"),
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/json;charset=UTF-8", "application/json"),
        ("application/json, text/plain, */*", "application/json"),  # browsers' scripts
        ("application/xml, application/json", "application/xml"),
        ("application/json, application/xml", "application/xml"),
        ("application/xml;q=0.1, application/json;q=0.2", "application/json"),
        ("application/json;q=0.1, application/xml;q=0.2", "application/xml"),
        ("application/xml;q=0, */*", "application/json"),
        ("*/*;q=0.1, application/json;q=0", "application/xml"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml"),  # browsers
        ("nonsense", "application/xml"),
        ("nonsense, application/json", "application/json"),
        ("application/xml;q=many, application/json;q=0.1", "application/json"),
        (",,", "application/xml"),
    ],
)
def test_the_format_of_an_answer(accept: str, media_type: str) -> None:
    found, name = format_of_answer(accept)
    assert (name, found) == (media_type, JSON if "json" in media_type else XML)


@pytest.mark.parametrize("accept", ["text/html", "image/*, text/html", "application/xml;q=0", "*/*;q=0"])
def test_an_answer_that_nobody_can_take(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        format_of_answer(accept)
    assert accept in caught.value.detail
    assert "application/xml, application/json, text/xml" in caught.value.detail


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/xml", b"", (XML, "")),
        ("text/xml; charset=ISO-8859-1", b"", (XML, "ISO-8859-1")),
        ('Application/XML; Charset="utf-8"', b"", (XML, "utf-8")),
        ("application/vnd.ovirt+xml", b"", (XML, "")),
        ("application/json", b"<vm/>", (JSON, "")),
        ("text/json", b"", (JSON, "")),
        ("application/problem+json;charset=utf-8", b"", (JSON, "utf-8")),
        ("", b"<vm/>", (XML, "")),
        ("", b"", (XML, "")),
        ("", b'\n {"name": "a"}', (JSON, "")),
        (" ", b"[]", (JSON, "")),
    ],
)
def test_the_format_of_a_body(content_type: str, body: bytes, expected: tuple[Format, str]) -> None:
    assert format_of_body(content_type, body) == expected


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain; charset=utf-8", "application/yaml", "xml", "a" * 500],
)
def test_a_body_of_another_format(content_type: str) -> None:
    with pytest.raises(UnknownMediaType) as caught:
        format_of_body(content_type, b"<vm/>")
    assert caught.value.text.status == 415
    assert content_type.partition(";")[0][:80] in caught.value.detail
    assert "known are application/xml, application/json" in caught.value.detail
