"""Which format a body is read in and an answer is written in, by Content-Type and Accept."""

import httpx
import pytest

from hosted_engine.rest.media.formats import Format, format_of_answer, format_of_body
from hosted_engine.rest.problems import NotAcceptable, UnknownMediaType
from tests.unit.rest.recorder import API, Recorder, fault

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


async def test_json_and_xml_by_the_accept_header(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{API}/vms/1", headers={"Accept": "application/json"})
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["name"] == "vm 1"
    for accept in ("application/xml", "*/*", "application/xml, application/json"):
        response = await client.get(f"{API}/vms/1", headers={"Accept": accept})
        assert response.headers["content-type"].startswith("application/xml")


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=0, application/json;q=0"])
async def test_nothing_is_done_whose_answer_nobody_can_take(
    client: httpx.AsyncClient, recorder: Recorder, accept: str
) -> None:
    for method, path, body in (("GET", "/vms", ""), ("POST", "/vms", "<vm/>"), ("POST", "/vms/1/start", "")):
        response = await client.request(method, API + path, content=body, headers={"Accept": accept})
        assert fault(response)[:2] == (406, "Not Acceptable")
        assert response.headers["content-type"].startswith("application/xml")
    assert recorder.calls == []


async def test_answers_say_what_they_depend_on(client: httpx.AsyncClient) -> None:
    for path in ("/vms", "/nothing"):
        assert "Accept" in (await client.get(API + path)).headers["vary"]
    response = await client.get(f"{API}/vms", headers={"Accept": "text/xml"})
    assert response.headers["content-type"] == "text/xml;charset=UTF-8"


async def test_a_body_by_its_content_type(client: httpx.AsyncClient, recorder: Recorder) -> None:
    bodies = {
        "application/xml;charset=ISO-8859-1": "<vm><name>é</name></vm>".encode("latin-1"),
        "application/json; charset=utf-8": '{"name": "é"}'.encode(),
        "": '{"name": "é"}'.encode(),
    }
    for content_type, body in bodies.items():
        headers = {"Content-Type": content_type} if content_type else {}
        await client.post(f"{API}/vms", content=body, headers=headers)
        assert recorder.calls[-1].body == {"name": "é"}
    count = len(recorder.calls)
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "application/xml; charset=klingon"):
        response = await client.post(f"{API}/vms", content="<vm/>", headers={"Content-Type": content_type})
        assert fault(response)[:2] == (415, "Unsupported Media Type")
    assert len(recorder.calls) == count
    # Where no body is read, it does not matter: librest sends a form's type with an empty one.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post(f"{API}/vms/1/start", headers=headers)).status_code == 200
