"""Reads XML into wire objects, and is not talked into anything else: no entities, no network, no endless documents.

What is unknown is left out, as oVirt does; what is known and cannot be right is refused. An empty element says
nothing, unless it is a string: then it says "".
"""

from typing import Any

from lxml import etree

from hosted_engine.limits import DEPTH, ELEMENTS, LIST_ITEMS
from hosted_engine.rest.media.wire import Wire, parse, shown
from hosted_engine.rest.problems import Malformed, TooDeep, TooMany, TooManyElements
from hosted_engine.rest.schema import Attribute, Schema, Type


class XmlReader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def one(self, body: bytes, type_name: str) -> Wire:
        """The object of that type in `body`. Raises Malformed, BadValue, TooDeep, TooMany, TooManyElements."""
        kind = self._schema.type(type_name)
        root = _parse(body)
        if _tag(root) != kind.tag:
            raise Malformed(problem=f"The element '{shown(_tag(root))}' is not the expected '{kind.tag}'")
        return self._object(root, kind, 1)

    def many(self, body: bytes, type_name: str) -> list[Wire]:
        return self._items(_parse(body), self._schema.type(type_name), 1)

    def _object(self, element: etree._Element, kind: Type, depth: int) -> Wire:
        if depth > DEPTH:
            raise TooDeep(limit=DEPTH)
        value: Wire = {"href": href} if (href := element.get("href")) is not None else {}
        if (identity := element.get("id")) is not None and (attribute := kind.attributes.get("id")):
            value["id"] = parse(self._schema, identity, attribute.type)
        for child in element:
            attribute = kind.by_tag.get(_tag(child))
            if attribute is not None and (content := self._content(child, attribute, depth + 1)) is not None:
                value[attribute.name] = content
        return value

    def _content(self, element: etree._Element, attribute: Attribute, depth: int) -> Any:
        if attribute.many and len(element) > LIST_ITEMS:
            raise TooMany(element=attribute.tag, found=len(element), limit=LIST_ITEMS)
        if attribute.struct:
            kind = self._schema.type(attribute.type)
            return self._items(element, kind, depth) if attribute.many else self._object(element, kind, depth)
        if attribute.many:
            return [self._primitive(child, attribute.type) for child in element]
        return self._primitive(element, attribute.type)

    def _items(self, element: etree._Element, kind: Type, depth: int) -> list[Wire]:
        return [self._object(child, kind, depth) for child in element]

    def _primitive(self, element: etree._Element, kind: str) -> Any:
        text = element.text or ""
        if kind == "String":
            return text
        return parse(self._schema, text.strip(), kind) if text.strip() else None


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    if body.count(b"<") > 2 * ELEMENTS:
        raise TooManyElements(limit=ELEMENTS)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as err:
        raise Malformed(problem=f"The document is not well-formed XML: {err}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed(problem="A document with a DOCTYPE is not accepted")
    return root


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname
