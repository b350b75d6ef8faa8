"""Days as people write them: 今天, 昨天, 11月20日, 2026-11-20, 11.20."""

import re
from datetime import date, timedelta

from bot.questions import bare
from models.errors import Refused

_NEAR = {"今天": 0, "今日": 0, "昨天": -1, "昨日": -1, "前天": -2, "明天": 1, "后天": 2}
_WRITTEN = re.compile(r"(?:(\d{4})\s*[年./\-])?\s*(\d{1,2})\s*[月./\-]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def day_in(text: str, today: date, *, ahead: bool = False) -> date:
    """The day meant. Without a year it is the nearest such day before today (`ahead`: after it). Refused if none."""
    words = bare(text)
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    found = _WRITTEN.fullmatch(words) or _COMPACT.fullmatch(words)
    if found is None:
        raise Refused(f"没看懂日期“{words[:20]}”，请写成“今天”“11月20日”或“2026-11-20”。")
    year, month, day = found.groups()
    try:
        if year:
            return date(int(year), int(month), int(day))
        meant = date(today.year, int(month), int(day))
        if not ahead and meant > today + timedelta(days=30):
            return date(today.year - 1, int(month), int(day))
        if ahead and meant < today:
            return date(today.year + 1, int(month), int(day))
        return meant
    except ValueError:
        raise Refused(f"没有“{words[:20]}”这一天，请核对日期。") from None
