"""Documents in other encodings than UTF-8, and such as are not in the one that they claim."""

import codecs
import json

import pytest

from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.problems import Malformed, UnknownCharset
from hosted_engine.rest.schema import schema

XML, JSON = XmlReader(schema()), JsonReader(schema())


def refusal(body: bytes, reader: XmlReader | JsonReader = XML) -> str:
    """The detail of the fault."""
    with pytest.raises(Malformed) as caught:
        reader.one(body, "Vm")
    return caught.value.detail


NAME = "größe €"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (f"<vm><name>{NAME}</name></vm>".encode(), ""),
        (f"<vm><name>{NAME}</name></vm>".encode("utf-8-sig"), ""),
        (f"<vm><name>{NAME}</name></vm>".encode("utf-16"), ""),
        (f"<vm><name>{NAME}</name></vm>".encode("iso8859-15"), "ISO-8859-15"),
        (f"<?xml version='1.0' encoding='ISO-8859-15'?><vm><name>{NAME}</name></vm>".encode("iso8859-15"), ""),
        (f'<?xml version="1.0" encoding="windows-1252"?><vm><name>{NAME}</name></vm>'.encode("cp1252"), ""),
        (f'<?xml version="1.0" encoding="UTF-16"?><vm><name>{NAME}</name></vm>'.encode("utf-16"), ""),
        # HTTP goes before the document, and a byte order mark before both.
        (f'<?xml version="1.0" encoding="ISO-8859-1"?><vm><name>{NAME}</name></vm>'.encode(), "utf-8"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?><vm><name>{NAME}</name></vm>'.encode("utf-8-sig"), "latin1"),
    ],
)
def test_xml_in_other_encodings(body: bytes, charset: str) -> None:
    assert XML.one(body, "Vm", charset=charset) == {"name": NAME}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_with_a_byte_order_mark(encoding: str) -> None:
    assert JSON.one(json.dumps({"name": NAME}, ensure_ascii=False).encode(encoding), "Vm") == {"name": NAME}
    assert JSON.one('{"name": "é"}'.encode("latin-1"), "Vm", charset="iso-8859-1") == {"name": "é"}


@pytest.mark.parametrize(
    "charset", ["klingon", "rot13", "base64", "idna", "punycode", "unicode_escape", "utf-7", "a\0"]
)
def test_encodings_that_are_not_taken(charset: str) -> None:
    for reader in (XML, JSON):
        with pytest.raises(UnknownCharset, match="known are utf-8, utf-16") as caught:
            reader.one(b"<vm/>", "Vm", charset=charset)
        assert caught.value.text.status == 415


def test_bad_utf8_is_told_with_its_place() -> None:
    said = "The document is no UTF-8: byte 0xFF in line 2, column 7 cannot be"
    assert refusal(b"<vm>\n<name>\xff</name></vm>") == said
    assert refusal(b"<?xml version='1.0' encoding='UTF-8'?>\n<name>\xff</name></vm>") == said
    with pytest.raises(Malformed) as caught:
        JSON.one(b'{\n"name"\xff', "Vm")
    assert caught.value.detail == said
    assert refusal(codecs.BOM_UTF16_LE + b"<").startswith("The document is no UTF-16-LE: byte 0x3C in line 1")
