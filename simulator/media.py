"""Files handed to and from the platform: three days long, by their id (PROTOCOL section 8)."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.calendar import Calendar
from simulator.refusal import Refusal
from simulator.switches import Switches

_MB = 1024 * 1024
# kind -> most bytes, code when larger
_SIZES = {"image": (10 * _MB, 40009), "voice": (2 * _MB, 45001), "video": (10 * _MB, 40011), "file": (20 * _MB, 45001)}
LARGEST = max(size for size, _ in _SIZES.values())
SAFE_FILES = ("txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_KEPT = 2_000
# the smallest PNG: one grey point
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c63980900009b009aad2e48b40000000049454e44ae426082"
)


@dataclass(frozen=True)
class Medium:
    """One stored file."""

    media_id: str
    kind: str
    name: str
    data: bytes
    at: datetime

    @property
    def mime(self) -> str:
        """The content type a phone may show it with."""
        if self.data.startswith(b"\x89PNG"):
            return "image/png"
        return "image/jpeg" if self.data.startswith(b"\xff\xd8") else "application/octet-stream"


class Store:
    """All files of the corp."""

    def __init__(self, calendar: Calendar, switches: Switches) -> None:
        self._calendar, self._switches = calendar, switches
        self._media: dict[str, Medium] = {}

    def put(self, kind: str, name: str, data: bytes) -> Medium:
        """Keep a file from either side."""
        medium = Medium(f"3m{secrets.token_urlsafe(30)}", kind, name, data, self._calendar.now())
        self._media[medium.media_id] = medium
        while len(self._media) > _KEPT:
            self._media.pop(next(iter(self._media)))
        return medium

    def upload(self, kind: str, name: str, data: bytes) -> Medium:
        """media/upload: hold a file from the bot against the rules of its kind."""
        if kind not in _SIZES:
            raise Refusal(40005, "type")
        if len(data) <= 5:
            raise Refusal(40006, "a file has more than 5 bytes")
        most, too_large = _SIZES[kind]
        if len(data) > most:
            raise Refusal(too_large, f"{kind}: larger than {most} bytes")
        if kind == "image" and not data.startswith((b"\x89PNG", b"\xff\xd8")):
            raise Refusal(40123, "image: neither PNG nor JPG")
        if kind == "voice" and not data.startswith(b"#!AMR"):
            raise Refusal(40004, "voice: AMR only")
        if kind == "video" and data[4:8] != b"ftyp":
            raise Refusal(40004, "video: MP4 only")
        return self.put(kind, name, data)

    def get(self, media_id: str, kind: str = "") -> Medium:
        """A file that is known, of that kind, and not older than three days."""
        medium = self._media.get(media_id)
        if medium is None or (kind and medium.kind != kind):
            raise Refusal(40007, "media_id: unknown or of another kind")
        if self._calendar.now() - medium.at >= timedelta(days=self._switches.media_days):
            raise Refusal(40007, "media_id: expired")
        return medium


def cut_range(header: str, size: int) -> tuple[int, int]:
    """First and last byte a Range header asks for."""
    found = _RANGE.fullmatch(header.strip())
    if not found:
        raise Refusal(40146, "Range")
    first, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if first >= size or last < first:
        raise Refusal(40146, "Range")
    return first, min(last, size - 1)
