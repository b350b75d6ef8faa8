"""A file somebody hands in, read as text: .docx and .txt. Nothing in it is believed: neither its name nor the sizes it states."""

import codecs
import re
import struct
import unicodedata
from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from models.errors import Refused
from models.rules import Rules

MB = 1024 * 1024
LONGEST = 20_000  # characters of text: ten times what a proposal may have
SMALL = 256 * 1024  # bytes: so little may be compressed as well as it likes
DEEPEST = 200  # elements within elements
PIECE = 64 * 1024
WHAT_TO_DO = "请交 .docx 或 .txt 文件，或把文字直接粘贴过来。"
OLD = "这是旧格式（.doc、.wps）或加了密码的文件，读不了。请打开它，另存为 .docx（不设密码）再交。"
_MAGIC = {
    b"\x89PNG": "这个文件其实是一张图片（PNG）。",
    b"\xff\xd8\xff": "这个文件其实是一张图片（JPEG）。",
    b"GIF8": "这个文件其实是一张图片（GIF）。",
    b"BM": "这个文件其实是一张图片（BMP）。",
    b"%PDF": "这个文件是 PDF，读不出文字的先后。",
    b"{\\rtf": "这个文件是 RTF 格式。请另存为 .docx 再交。",
    b"Rar!": "这个文件是压缩包。请解开，只交里面的那一份。",
    b"7z\xbc\xaf": "这个文件是压缩包。请解开，只交里面的那一份。",
}
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAIN = re.compile(r"word/document\d*\.xml")
_WORDS = ("wordprocessingml/2006/main", "wordprocessingml/main")  # the usual and the strict namespace end so


def text_of(file: IO[bytes], name: str, rules: Rules) -> str:
    """The text of a file; Refused, with what to do instead, for what is none."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if not head:
        raise Refused(f"这个文件是空的。{WHAT_TO_DO}")
    if name.lower().endswith((".docm", ".dotm")):
        raise Refused("这个文件带有宏（.docm），不能收。请另存为 .docx 再交。")
    if head.startswith(_OLE):
        raise Refused(OLD)
    for magic, words in _MAGIC.items():
        if head.startswith(magic) and not (magic == b"BM" and name.lower().endswith(".txt")):
            raise Refused(words if "再交" in words else words + WHAT_TO_DO)
    text = _of_docx(file, rules) if head.startswith(_ZIP) else _of_plain(file)
    if not any(ch.isalnum() for ch in text):
        raise Refused(f"这个文件里没有读到文字。{WHAT_TO_DO}")
    return text


def _enough(much: int) -> None:
    if much > LONGEST:
        raise Refused(f"文件里的文字超过{LONGEST}字，太长了。请只留一件提案的正文再交，更多材料可作附件。")


# --- .txt -------------------------------------------------------------------------------------------------------------


def _of_plain(file: IO[bytes]) -> str:
    """Text in UTF-8, GB18030, or UTF-16 that says so."""
    data = file.read(4 * LONGEST + 5)
    whole = len(data) <= 4 * LONGEST
    for encoding in _encodings(data):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data, final=whole)
        except UnicodeDecodeError:
            continue
        if any(unicodedata.category(ch) == "Cc" and ch not in "\t\n\r\f\v\x1a" for ch in text):
            break  # no text at all
        _enough(len(text) if whole else LONGEST + 1)
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x1a", "")
    raise Refused(f"读不出这个文件里的文字。文本文件请存为 UTF-8 编码。{WHAT_TO_DO}")


def _encodings(data: bytes) -> tuple[str, ...]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return (encoding,)
    return "utf-8", "gb18030"


# --- .docx ------------------------------------------------------------------------------------------------------------


def _of_docx(file: IO[bytes], rules: Rules) -> str:
    broken = Refused(f"这个 Word 文件打不开，可能已损坏或不完整。请重新另存为 .docx 再交。{WHAT_TO_DO}")
    try:
        _few_members(file, rules)
        with ZipFile(file) as package:
            return _Reader().read(_pieces(package, _main(package, rules), rules))
    except (
        BadZipFile,
        ZlibError,
        expat.ExpatError,
        EOFError,
        NotImplementedError,
        OSError,
        ValueError,
        KeyError,
    ) as no:
        raise broken from no


def _few_members(file: IO[bytes], rules: Rules) -> None:
    """Before anybody makes a list of them: how many members the package states, and how long its directory is."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise BadZipFile("no directory")
    members, length = struct.unpack_from("<HI", tail, at + 10)
    most = rules.docx_members_max
    if members > most or length > most * 512:
        raise Refused(f"这个文件里有{members}个部分，不像一份提案。请把文字复制到新的文档里，另存为 .docx 再交。")
    file.seek(0)


def _main(package: ZipFile, rules: Rules) -> ZipInfo:
    """The part with the text, once everything that is stated about the package is in order."""
    members = package.infolist()
    names = {member.filename.lower() for member in members}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("这个文件带有宏，不能收。请另存为不带宏的 .docx 再交。")
    if any(member.flag_bits & 1 for member in members):
        raise Refused(OLD)
    main = next((member for member in members if _MAIN.fullmatch(member.filename)), None)
    if main is None:
        raise Refused(f"这个文件不是 Word 文档。{WHAT_TO_DO}")
    if sum(member.file_size for member in members) > rules.docx_unpacked_max_mb * MB:
        raise _bomb()
    for member in members:
        if member.file_size > SMALL and member.file_size > member.compress_size * rules.docx_ratio_max:
            raise _bomb()
    return main


def _bomb() -> Refused:
    return Refused("这个文件展开后大得不正常，没有打开。请把文字复制到新的文档里，另存为 .docx 再交。")


def _pieces(package: ZipFile, main: ZipInfo, rules: Rules) -> Iterator[bytes]:
    """The XML, as much as it really is, whatever was stated."""
    read = 0
    with package.open(main) as stream:
        while piece := stream.read(PIECE):
            read += len(piece)
            if read > rules.docx_text_max_mb * MB or (
                read > SMALL and read > main.compress_size * rules.docx_ratio_max
            ):
                raise _bomb()
            yield piece


class _Reader:
    """Paragraphs of a document: line by line, a table's rows as 案由：…, numbers of lists where Word would show them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._now: list[str] = []
        self._cells: list[list[list[str]]] = []  # of each open table: the cells of the row, the lines of each
        self._path: list[str] = []
        self._hidden = 0  # inside what Word shows in another way, or not at all
        self._list: tuple[str, int] | None = None  # of the paragraph: which list, how deep
        self._counts: dict[tuple[str, int], int] = {}
        self._much = 0

    def read(self, pieces: Iterator[bytes]) -> str:
        """The text; expat.ExpatError for what is no XML."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._letters
        parser.StartDoctypeDeclHandler = _no_declarations  # and with it no entities
        parser.EntityDeclHandler = _no_declarations
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
        return "\n".join(line for line in self._lines if line.strip())

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        name = _bare(tag)
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise ValueError("too deep")
        if name in {"mc:Fallback", "del", "moveFrom"}:
            self._hidden += 1
        match name:
            case "p":
                self._list = None
            case "tab":
                self._put(" " if "pPr" not in self._path else "")
            case "br" | "cr":
                self._put("\n")
            case "numId" if "pPr" in self._path:
                self._list = (_value(attributes), self._list[1] if self._list else 0)
            case "ilvl" if "pPr" in self._path:
                self._list = (self._list[0] if self._list else "", int(_value(attributes) or 0))
            case "tr":
                self._cells.append([])
            case "tc" if self._cells:
                self._cells[-1].append([])

    def _close(self, tag: str) -> None:
        name = _bare(tag)
        self._path.pop()
        if name in {"mc:Fallback", "del", "moveFrom"}:
            self._hidden -= 1
        elif name == "p":
            self._end_paragraph()
        elif name == "tr" and self._cells:
            for line in _row(self._cells.pop()):
                self._add(line)

    def _letters(self, data: str) -> None:
        if self._path and self._path[-1] == "t":
            self._put(data)

    def _put(self, words: str) -> None:
        if not self._hidden:
            self._now.append(words)
            self._much += len(words)
            _enough(self._much)

    def _end_paragraph(self) -> None:
        words = "".join(self._now).strip()
        self._now.clear()
        if words:
            self._add(self._number() + words)

    def _number(self) -> str:
        """What Word writes before an item of a numbered list."""
        if self._list is None or self._list[0] in {"", "0"}:
            return ""
        key, depth = self._list
        self._counts[key, depth] = self._counts.get((key, depth), 0) + 1
        for deeper in [at for at in self._counts if at[0] == key and at[1] > depth]:
            del self._counts[deeper]
        place = self._counts[key, depth]
        return f"（{place}）" if depth else f"{place}. "

    def _add(self, line: str) -> None:
        if self._cells and self._cells[-1]:
            self._cells[-1][-1].append(line)
        else:
            self._lines.append(line)


def _row(cells: list[list[str]]) -> Iterator[str]:
    """A row of a form: 案由 | 关于… becomes 案由：关于…; any other row its cells, one after the other."""
    filled = ["\n".join(lines) for lines in cells if lines]
    labels = filled[::2]
    if len(filled) % 2 == 0 and all(len("".join(label.split())) <= 10 and "：" not in label for label in labels):
        for label, value in zip(labels, filled[1::2], strict=True):
            yield f"{''.join(label.split())}：{value}"
    else:
        yield from filled


def _bare(tag: str) -> str:
    """The name of an element of Word's; mc:Fallback and elements of others under a name of their own."""
    space, _, name = tag.rpartition(" ")
    if space.endswith(_WORDS):
        return name
    return f"mc:{name}" if space.endswith("markup-compatibility/2006") else f"other:{name}"


def _value(attributes: dict[str, Any]) -> str:
    return next((value for name, value in attributes.items() if name.rpartition(" ")[2] == "val"), "")


def _no_declarations(*_: Any) -> None:
    raise ValueError("declaration")
