"""Files that somebody may hand in, made here: a Word document as Word would write it, and what only pretends to be one."""

import io
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
OLD_WORD = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def paragraph(text: str, properties: str = "") -> str:
    """One paragraph, in two runs as Word likes to cut it."""
    half = len(text) // 2
    runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>' for part in (text[:half], text[half:]))
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"


def item(text: str, depth: int = 0) -> str:
    """A paragraph of a numbered list: its number stands nowhere in the file."""
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="3"/></w:numPr>')


def row(*cells: str) -> str:
    """A row of a form."""
    inside = "".join(f"<w:tc><w:tcPr/>{paragraph(cell)}</w:tc>" for cell in cells)
    return f"<w:tr>{inside}</w:tr>"


def document(*body: str, before: str = "") -> bytes:
    """word/document.xml."""
    return f'<?xml version="1.0"?>{before}<w:document xmlns:w="{SPACE}"><w:body>{"".join(body)}</w:body></w:document>'.encode()


def package(xml: bytes, **more: bytes) -> bytes:
    """A .docx around it."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", TYPES)
        made.writestr("word/document.xml", xml)
        for name, data in more.items():
            made.writestr(f"word/{name}", data)
    return file.getvalue()


def docx(*lines: str) -> bytes:
    """A .docx of these paragraphs."""
    return package(document(*map(paragraph, lines)))


def bomb(megabytes: int = 30) -> bytes:
    """Small as handed in, very large inside."""
    return package(document(paragraph("长" * 10), "<w:p/>" * (megabytes * 1024 * 1024 // 6)))
