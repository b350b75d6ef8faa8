"""For people who see no cards or no small print: nothing to tap, and for 大字 short lines with one thought in each."""

import re

_ENDS = re.compile(r"(?<=[。！？；])(?![\s」』”’）】》。！？；]|$)")
_TAP = re.compile(r"(?<=[请可以再或后的，（：])点(?=“[^”]{2,8}”)")  # 请点“签收”, where 重点“双减” stays
_BUTTONS = re.compile("点按钮，或|，或点按钮")


def in_lines(text: str) -> str:
    """Every sentence on a line of its own."""
    return _ENDS.sub("\n", text)


def to_type(text: str) -> str:
    """The same advice for whoever has no button to tap: its word, typed, does the same."""
    return _TAP.sub("回复", _BUTTONS.sub("", text))
