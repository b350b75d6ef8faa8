"""Text as the platform takes it: no smuggled links, nothing longer than allowed, no character cut in two.

Text messages render `<a href="…">…</a>`, and no page documents a way to write a literal `<` (an entity such as
`&lt;` is shown as typed). So `link()` does not write the tag: it leaves a mark of control characters, which neither
the platform's XML nor tidied input can hold, and `render()` turns marks into tags after it has made every other `<`
a full-width `＜`. A member's own words therefore never become a link with a false face, without anybody having to
remember to escape them. `&` and `>` are shown as they are and stay.
"""

import re
import unicodedata
from urllib.parse import urlsplit

TEXT_BYTES = 2048
LONGEST_URL = 1024
LONGEST_LABEL = 60

_LINK = re.compile("\x02([^\x02\x03\x1f]*)\x1f([^\x02\x03\x1f]*)\x03")
_UNTIDY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<a\s[^<>]*>[^<]*</a>")
_URL = re.compile(r"https?://[^\s\"'<>\\`\x00-\x20\x7f]+")
_ENDS, _PAUSES, _CLOSING = "。！？；\n", "，", "”’」』）》】"


def tidy(text: str) -> str:
    """Without control characters and stray surrogates; line ends become `\\n`. For whatever comes out of a form."""
    return _UNTIDY.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def link(url: str, text: str = "") -> str:
    """A link for a text message, to be put between other words; ValueError for what is no http(s) address."""
    if not is_url(url):
        raise ValueError("a link needs a plain http(s) address")
    return f"\x02{url}\x1f{clip(_one_line(text), LONGEST_LABEL) or url}\x03"


def is_url(url: str) -> bool:
    """Whether a text is a plain http(s) address, short enough for the platform."""
    try:
        return bool(_URL.fullmatch(url) and urlsplit(url).hostname and len(url.encode()) <= LONGEST_URL)
    except ValueError:
        return False


def render(text: str) -> str:
    """The content of a text message."""
    out, at = [], 0
    for found in _LINK.finditer(text):
        out.append(_harmless(text[at : found.start()]))
        url, label = found[1], _harmless(found[2])
        out.append(f'<a href="{url}">{label}</a>' if is_url(url) else label)
        at = found.end()
    out.append(_harmless(text[at:]))
    return "".join(out)


def flat(text: str) -> str:
    """The same words where no link can be: in a card."""
    return tidy(_LINK.sub(r"\2", text))


def linked(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the address it leads to, "" for none: for pages, which have links of their own."""
    out, at = [], 0
    for found in _LINK.finditer(text):
        out += [(tidy(text[at : found.start()]), ""), (found[2], found[1])]
        at = found.end()
    return [(words, url) for words, url in [*out, (tidy(text[at:]), "")] if words]


def line(text: str) -> str:
    """The same on one line: for titles, labels and rows."""
    return _one_line(_LINK.sub(r"\2", text))


def clip(text: str, most: int) -> str:
    """At most `most` characters, the last one «…» where something is missing."""
    if len(text) <= most:
        return text
    return text[: whole(text, most - 1, 0)].rstrip() + "…"


def clip_bytes(text: str, most: int) -> str:
    """At most `most` bytes of UTF-8, ending in «…» where something is missing."""
    if len(text.encode()) <= most:
        return text
    kept = len(text.encode()[: most - 3].decode(errors="ignore"))
    return text[: whole(text, kept, 0)].rstrip() + "…"


def split(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """A text as one message, or as several that begin with （1/3）, each within `limit` bytes and nothing lost.

    Cut after a sentence or line, else after a comma, else anywhere but inside a visible character or a link.
    """
    if len(text.encode()) <= limit:
        return [text]
    digits = 1
    while True:
        room = limit - len(_number("9" * digits, "9" * digits).encode())
        pieces = _pieces(text, room)
        if len(str(len(pieces))) <= digits:
            return [_number(n, len(pieces)) + piece for n, piece in enumerate(pieces, 1)]
        digits += 1


def whole(text: str, end: int, start: int) -> int:
    """The last place at or before `end` that does not cut a visible character in two (if there is one near)."""
    at = end
    while start < at < len(text) and end - at < 32 and _joined(text, at):
        at -= 1
    return end if at <= start or end - at >= 32 else at


def _number(n: int | str, of: int | str) -> str:
    return f"（{n}/{of}）"


def _pieces(text: str, room: int) -> list[str]:
    tags = [found.span() for found in _TAG.finditer(text)]
    pieces, start = [], 0
    while start < len(text):
        end = start + len(text[start : start + room].encode()[:room].decode(errors="ignore"))
        if end < len(text):
            end = _border(text, start, end, tags)
        pieces.append(text[start:end])
        start = end
    return pieces


def _border(text: str, start: int, end: int, tags: list[tuple[int, int]]) -> int:
    """Where to cut at or before `end`: a sentence's end if it leaves the piece at least a third full."""
    least = start + (end - start) // 3
    for marks in (_ENDS, _PAUSES):
        at = end
        while (at := max(text.rfind(mark, least, at) for mark in marks)) >= 0:
            cut = at + 1
            while cut < end and text[cut] in _CLOSING:
                cut += 1
            if not any(first < cut < last for first, last in tags):
                return cut
    for first, last in tags:
        if first < end < last and first > start:
            return first
    return whole(text, end, start)


def _joined(text: str, at: int) -> bool:
    """Whether text[at] belongs to the visible character that text[at - 1] is part of."""
    before, after = text[at - 1], text[at]
    if before == "\u200d" or after == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U000e0020" <= after <= "\U000e007f":
        return True
    if _is_flag(before) and _is_flag(after):
        first = at
        while first > 0 and _is_flag(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 1
    return False


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _harmless(text: str) -> str:
    return tidy(text).replace("<", "＜")


def _one_line(text: str) -> str:
    return " ".join(tidy(text).split())
