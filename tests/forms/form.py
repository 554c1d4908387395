"""A form in which other people's files, servers and models come: where it was seen, and the test that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import attrs

Kind = Literal[
    "aligner", "BOLD", "captions", "chat answer", "confounds", "label table", "lexicon", "motion", "ratings", "series",
    "server", "table of texts",
]  # fmt: skip


@attrs.frozen
class Form:
    """An input as it is found in public, made anew by us.

    `seen` is a public file or thread (`owner/repo#N`, or an address). `check` gets an empty folder; it writes the
    input there, reads it, and asserts the right answer, which was worked out without emotopy. It reads through
    functions and commands that existed before the form was supported, where that can be said at all, so that
    `tests/forms/table.py` can try it on an older version.
    """

    name: str
    kind: Kind
    seen: str
    what: str
    check: Callable[[Path], None] = attrs.field(repr=False)
