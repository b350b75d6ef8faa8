"""The two layers of XML around what arrives: the outer is only scanned, the inner is bounded and then parsed."""

import re
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

MOST_BYTES = 64 * 1024
MOST_ELEMENTS = 4000
DEEPEST = 16

_ENCRYPT = re.compile(
    rb"<Encrypt>\s{0,64}(?:<!\[CDATA\[\s{0,64}([A-Za-z0-9+/=]+)\s{0,64}\]\]>|([A-Za-z0-9+/=]+))\s{0,64}</Encrypt>"
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML 1.0; a member may paste one all the same


class Malformed(Exception):
    """Not what the platform sends; says what is wrong, never what stood there."""


def sealed(body: bytes) -> str:
    """The cipher text of an outer envelope, found by a scan: a stranger's XML never meets a parser."""
    if len(body) > MOST_BYTES:
        raise Malformed("too big")
    found = _ENCRYPT.search(body) if body.count(b"<Encrypt") == 1 else None
    if not found:
        raise Malformed("no Encrypt")
    return (found[1] or found[2]).decode("ascii")


def fields_of(xml: str) -> dict[str, Any]:
    """The inner XML as a plain dict of strings, None, dicts and lists, fit for JSON.

    xmltodict would strip every text; what a member typed keeps its blanks here (`Content`), everything else is
    trimmed. Entities are refused by xmltodict (>= 1.0), document types and comments already by `_bounded`.
    """
    xml = _ILLEGAL.sub("", xml)
    if (flat := _flat(xml)) is not None:
        return flat
    _bounded(xml)
    try:
        root = xmltodict.parse(xml, strip_whitespace=False, xml_attribs=False, disable_entities=True)
    except (ExpatError, ValueError, RecursionError):
        raise Malformed("not well-formed") from None
    fields = _trimmed(root.get("xml"))
    if not isinstance(fields, dict):
        raise Malformed("no <xml>")
    return fields


_ELEMENT = re.compile(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<&]*))</\1>\s*", re.DOTALL)


def _flat(xml: str) -> dict[str, Any] | None:
    """What xmltodict would say of a document of plain elements, each once, as all messages are; None for any other.

    Ten times as fast. Whatever needs a parser (nesting, repetition, entities, a `]]>` in the text, carriage returns)
    is left to one.
    """
    document = xml.strip()
    if not (document.startswith("<xml>") and document.endswith("</xml>")) or "\r" in document:
        return None
    if len(document) > MOST_BYTES or document.count("<![CDATA[") != document.count("]]>"):
        return None
    fields: dict[str, Any] = {}
    at, end = len("<xml>"), len(document) - len("</xml>")
    at += len(document[at:end]) - len(document[at:end].lstrip())
    while at < end:
        found = _ELEMENT.match(document, at, end)
        if found is None:
            return None
        name, quoted, bare = found.groups()
        value = bare if quoted is None else quoted
        if name in fields or (quoted is not None and ("]]>" in quoted or "<![CDATA[" in quoted)):
            return None
        fields[name] = (value if name == "Content" else value.strip()) or None
        at = found.end()
    return fields or None


def _bounded(xml: str) -> None:
    """Counts elements and depth in one pass, so that the parser never meets a bomb."""
    if len(xml.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise Malformed("too big")
    at, depth, elements = 0, 0, 0
    while (at := xml.find("<", at)) >= 0:
        if xml.startswith("<![CDATA[", at):
            end = xml.find("]]>", at)
        elif xml.startswith("<!", at):
            raise Malformed("declaration")
        else:
            end = xml.find(">", at)
            elements += 1
            if xml.startswith("</", at):
                depth -= 1
            elif not xml.startswith("<?", at) and xml[end - 1] != "/":
                depth += 1
        if end < 0 or depth > DEEPEST or elements > 2 * MOST_ELEMENTS:
            raise Malformed("too deep" if depth > DEEPEST else "too many elements" if end >= 0 else "cut off")
        at = end


def _trimmed(node: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: _trimmed(value, key) for key, value in node.items() if key != "#text"}
    if isinstance(node, list):
        return [_trimmed(value, name) for value in node]
    if isinstance(node, str) and name != "Content":
        return node.strip() or None
    return node
