"""CVAT: one tag per image, in the XML of "CVAT for images 1.1", https://docs.cvat.ai/docs/manual/advanced/xml_format/.

Images are matched by their paths below the folder of the images.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

from alc_tui.data.images import BadImageError, decode, read_file
from alc_tui.data.images.errors import reasons
from alc_tui.data.images.header import opened
from alc_tui.errors import UsageError
from alc_tui.session.export.formats.xml_text import xml_text
from alc_tui.session.export.table import ExportRow, LabelTable
from alc_tui.session.store.journal import EXCLUDE

ATTRIBUTES = ("status", "given", "suggestion", "probability", "who", "when", "note")
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
"""The EXIF tag, and its values that exchange width and height."""
_UPRIGHT = ("TIFF",)
"""The formats whose size Pillow gives upright."""


def content(table: LabelTable) -> bytes:
    """The annotations as XML. Excluded images and, in a blind session, undecided ones have no tag.

    Raises UsageError for characters that XML cannot hold.
    """
    table.check_files(table.rows)
    root = ET.Element("annotations")
    _add(root, "version", "1.1")
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    _add(task, "name", table.session)
    _add(task, "size", str(len(table.rows)))
    _add(task, "mode", "annotation")
    labels = ET.SubElement(task, "labels")
    for name in table.classes:
        _declare(labels, name)
    for number, row in enumerate(table.rows):
        width, height = _size(Path(row.path))
        image = ET.SubElement(root, "image", id=str(number), name=xml_text(table.locator(row)))
        image.attrib.update(width=str(width), height=str(height))
        if row.status != EXCLUDE and not table.hides(row):
            _add_tag(image, row)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _declare(labels: ET.Element, name: str) -> None:
    label = ET.SubElement(labels, "label")
    _add(label, "name", name)
    _add(label, "type", "tag")
    attributes = ET.SubElement(label, "attributes")
    for each in ATTRIBUTES:
        attribute = ET.SubElement(attributes, "attribute")
        for field, value in (("name", each), ("mutable", "False"), ("input_type", "text"), ("default_value", "")):
            _add(attribute, field, value)
        _add(attribute, "values", "")


def _add_tag(image: ET.Element, row: ExportRow) -> None:
    tag = ET.SubElement(image, "tag", label=xml_text(row.final), source="manual" if row.is_decided else "file")
    for name in ATTRIBUTES:
        value = getattr(row, name)
        if value not in ("", None):
            _add(tag, "attribute", str(value)).set("name", name)


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = xml_text(text)
    return element


def _size(path: Path) -> tuple[int, int]:
    """Width and height of the upright image, from its header where Pillow reads it."""
    with suppress(BadImageError), opened(path) as image, reasons():
        width, height = image.size
        is_turned = image.format not in _UPRIGHT and image.getexif().get(_ORIENTATION) in _TURNED
        return (height, width) if is_turned else (width, height)
    try:
        return decode(read_file(path)).size
    except BadImageError as error:
        raise UsageError(f"{path} cannot be read ({error}); restore it, or export another --format.") from error
