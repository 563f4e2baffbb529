"""A document's content as pycrdt sees it, in the shape that content_reader.mjs builds from Yjs."""

from collections.abc import Callable
from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText


def content_in_pycrdt(state: bytes) -> dict[str, Any]:
    """Load an update in a new Doc and read its four roots: text, map, array, xml."""
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return content_of(doc)


def content_of(doc: Doc[Any]) -> dict[str, Any]:
    """Read the four roots: text, map, array, xml."""
    return {
        "text": _delta(doc.get("text", type=Text)),
        "map": _entries(doc.get("map", type=Map)),
        "array": [_value(item) for item in doc.get("array", type=Array)],
        "xml": _children(doc.get("xml", type=XmlFragment)),
    }


def _value(value: Any) -> Any:
    if isinstance(value, XmlText | XmlElement | XmlFragment | Text | Map | Array | Doc):
        return _shared(value)
    match value:
        case bytes() | bytearray():
            return {"$bytes": bytes(value).hex()}
        case int() if not isinstance(value, bool):  # a BigInt: other numbers come as float
            return {"$bigint": str(value)}
        case list():
            return [_value(item) for item in value]
        case dict():
            return {key: _value(item) for key, item in value.items()}
    return value


def _shared(value: Any) -> dict[str, Any]:
    shapes: list[tuple[Any, str, Callable[[Any], Any]]] = [
        (XmlText | XmlElement, "$node", _node),
        (XmlFragment, "$fragment", _children),
        (Text, "$text", _delta),
        (Map, "$map", _entries),
        (Array, "$array", lambda array: [_value(item) for item in array]),
        (Doc, "$doc", lambda doc: doc.guid),
    ]
    return next({tag: read(value)} for kind, tag, read in shapes if isinstance(value, kind))


def _entries(shared: Map[Any]) -> dict[str, Any]:
    return {key: _value(shared[key]) for key in shared.keys()}  # noqa: SIM118 - its iterator is typed wrongly


def _children(shared: XmlFragment | XmlElement) -> list[Any]:
    return [_node(child) for child in shared.children]


def _node(xml: Any) -> dict[str, Any]:
    attributes = {key: _value(value) for key, value in xml.attributes}
    if isinstance(xml, XmlText):
        return {"delta": _delta(xml), "attributes": attributes}
    return {"tag": xml.tag, "attributes": attributes, "children": _children(xml)}


def _delta(text: Text | XmlText) -> list[list[Any]]:
    chunks: list[list[Any]] = []
    for insert, attributes in text.diff():
        chunk = [insert if isinstance(insert, str) else _value(insert), _value(attributes or {})]
        if (
            chunks
            and isinstance(chunks[-1][0], str)
            and isinstance(insert, str)
            and chunks[-1][1] == chunk[1]
        ):
            chunks[-1][0] += insert
        else:
            chunks.append(chunk)
    return chunks
