"""Text of others on the screen: what would steer the terminal is shown as its escape."""

from __future__ import annotations

import unicodedata

CONTROLS = ("Cc", "Zl", "Zp")
"""Unicode categories of control characters and line breaks."""


def escape_controls(text: str, *, keep: str = "") -> str:
    r"""Return `text` without the characters that steer a terminal or break a line, each replaced by its escape.

    >>> escape_controls("group \x1b[31mred")
    'group \\x1b[31mred'
    """
    return "".join(
        character if character in keep or unicodedata.category(character) not in CONTROLS else repr(character)[1:-1]
        for character in text
    )
