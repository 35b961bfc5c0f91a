"""Makes the elements of libvirt's domain XML."""

import xml.etree.ElementTree as ET


def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """A new last child of `parent`."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element
