"""Reads XML into wire objects, and is not talked into anything else: no entities, no network, no endless documents.

What the API does not have is left out, by its path; what it has and cannot be right is refused. An empty element says
nothing, unless it is a string: then it says "".
"""

from typing import Any

from lxml import etree

from hosted_engine.limits import ELEMENTS
from hosted_engine.rest.media.encodings import utf8_xml
from hosted_engine.rest.media.reading import Reading, no_list, no_object, no_value
from hosted_engine.rest.media.wire import Wire, quoted, shown
from hosted_engine.rest.problems import BadValue, Malformed, TooManyElements
from hosted_engine.rest.schema import Attribute, Schema, Type


class XmlReader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def one(self, body: bytes, type_name: str, *, charset: str = "", unknown: list[str] | None = None) -> Wire:
        """The object of that type in `body`. `charset` is what HTTP says of it, "" for nothing; `unknown` gets the
        paths of elements that the API does not have. Raises Malformed, UnknownCharset, BadValue, TooDeep, TooMany,
        TooManyElements."""
        kind = self._schema.type(type_name)
        root = _parse(body, charset)
        if _tag(root) != kind.tag:
            raise Malformed(problem=f"The element '{shown(_tag(root))}' is not the expected '{kind.tag}'")
        return _XmlReading(self._schema, [] if unknown is None else unknown).object(root, kind, kind.tag, 1)

    def many(self, body: bytes, type_name: str) -> list[Wire]:
        kind = self._schema.type(type_name)
        return _XmlReading(self._schema, []).items(_parse(body, ""), kind, kind.list_tag, 1)


class _XmlReading(Reading):
    def object(self, element: etree._Element, kind: Type, path: str, depth: int) -> Wire:
        self.check_depth(depth)
        value: Wire = {}
        for name, said in element.attrib.items():
            self._xml_attribute(value, str(name), str(said), kind, path)
        if (text := element.text) and not text.isspace():
            no_object(quoted(text.strip()), kind, path)
        seen: set[str] = set()
        for child in element:
            tag = _tag(child)
            if (tail := child.tail) and not tail.isspace():
                no_object(quoted(tail.strip()), kind, path)
            attribute = kind.by_tag.get(tag)
            if attribute is None:
                self.leave_out(path, tag)
                continue
            here = f"{path}.{tag}"
            if tag in seen:
                raise BadValue(element=here, problem="it is there twice, and may be there once")
            seen.add(tag)
            content = self._content(child, attribute, here, depth + 1)
            if content is not None and tag == "id":
                self.put_id(value, content, here)
            elif content is not None:
                value[attribute.name] = content
        return value

    def items(self, element: etree._Element, kind: Type, path: str, depth: int) -> list[Wire]:
        return [self.object(child, kind, _item(path, child, n), depth) for n, child in enumerate(element, 1)]

    def _xml_attribute(self, value: Wire, name: str, text: str, kind: Type, path: str) -> None:
        if name == "href":
            value["href"] = text
        elif name == "id" and (attribute := kind.attributes.get("id")) is not None:
            self.put_id(value, self.primitive(text, attribute.type, f"{path}.id"), f"{path}.id")
        elif not name.startswith("{"):  # of another namespace: xsi:type and the like
            self.leave_out(path, f"@{name}")

    def _content(self, element: etree._Element, attribute: Attribute, path: str, depth: int) -> Any:
        if attribute.many:
            return self._list(element, attribute, path, depth)
        if attribute.struct:
            return self.object(element, self.schema.type(attribute.type), path, depth)
        return self._primitive(element, attribute.type, path)

    def _list(self, element: etree._Element, attribute: Attribute, path: str, depth: int) -> list[Any]:
        self.check_items(len(element), path)
        if (text := element.text) and not text.isspace():
            no_list(quoted(text.strip()), attribute, path)
        if attribute.struct:
            return self.items(element, self.schema.type(attribute.type), path, depth)
        return [self._item(child, attribute.type, _item(path, child, n)) for n, child in enumerate(element, 1)]

    def _item(self, element: etree._Element, kind: str, path: str) -> Any:
        value = self._primitive(element, kind, path)
        if value is None:
            no_value("nothing", kind, path)
        return value

    def _primitive(self, element: etree._Element, kind: str, path: str) -> Any:
        if len(element):
            no_value(f"the element {shown(_tag(element[0]))}", kind, path)
        text = element.text or ""
        if kind == "String":
            return text
        return self.primitive(text, kind, path) if (text := text.strip()) else None


def _item(path: str, element: etree._Element, number: int) -> str:
    return f"{path}.{_tag(element)}[{number}]"


def _parse(body: bytes, charset: str) -> etree._Element:
    body = utf8_xml(body, charset)
    if body.count(b"<") > 2 * ELEMENTS:
        raise TooManyElements(limit=ELEMENTS)
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever it was declared as
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as err:
        raise Malformed(problem=f"The document is not well-formed XML: {err}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed(problem="A document with a DOCTYPE is not accepted")
    return root


def _tag(element: etree._Element) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]
