"""The multipart form of media/upload, read by its raw header because file names are where clients go wrong."""

import re

from aiohttp import web

from simulator.media import LARGEST
from simulator.refusal import Refusal
from simulator.switches import Switches

_NAME = re.compile(r'(?:^|;)\s*name="?media"?(?:;|$)')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FILE = re.compile(r'(?:^|;)\s*filename="([^"]*)"')


async def read(request: web.Request, switches: Switches) -> tuple[str, bytes]:
    """File name and content of the part called `media`."""
    kind, boundary = request.content_type, request.headers.get("Content-Type", "")
    found = re.search(r'boundary="?([^";]+)"?', boundary)
    if kind != "multipart/form-data" or not found:
        raise Refusal(44001, "not a multipart form")
    if (request.content_length or 0) > LARGEST + 10_000:
        raise Refusal(45001, "the file is too large")
    raw = await request.read()
    for part in raw.split(b"--" + found[1].encode())[1:50]:
        head, gap, data = part.partition(b"\r\n\r\n")
        disposition = _disposition(head)
        if not gap or not _NAME.search(disposition):
            continue
        if "filename*=" in disposition and switches.rfc2231_names_refused:
            raise Refusal(44001, "the file name is written as filename*=")
        name = _FILE.search(disposition)
        if name is None and "filename*=" not in disposition:
            raise Refusal(44001, "the part has no filename")
        return _CONTROL.sub("", name[1]) if name else "file", data.removesuffix(b"\r\n")
    raise Refusal(44001, "no part called media")


def _disposition(head: bytes) -> str:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            return value.strip()
    return ""
