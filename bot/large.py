"""大字: for people who cannot read small print. The size is the phone's; ours are short lines, one thought in each."""

import re

_ENDS = re.compile(r"(?<=[。！？；])(?![\s」』”’）】》。！？；]|$)")


def in_lines(text: str) -> str:
    """Every sentence on a line of its own."""
    return _ENDS.sub("\n", text)
