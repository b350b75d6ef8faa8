"""WeCom's own request and response shapes as JSON Schemas: neutral data that the bot's adapter and the simulator both hold messages against."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "schemas"


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema called `name`, for example `message_send.request`; KeyError if there is none."""
    path = _FOLDER / f"{name}.schema.json"
    if not path.is_file():
        raise KeyError(name)
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
