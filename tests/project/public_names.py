"""Writes the table of public names in docs/promises.md from `__all__` of the public modules.

    python tests/project/public_names.py

A test compares the page with what this would write.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "promises.md"
MODULES = (
    *(
        "emotopy",
        "emotopy.datasets",
        "emotopy.errors",
        "emotopy.experiments",
        "emotopy.export",
        "emotopy.hookspecs",
        "emotopy.host",
    ),
    *("emotopy.readers", "emotopy.records", "emotopy.roles", "emotopy.simulate", "emotopy.sklearn", "emotopy.testing"),
)
HEAD = "| module | names |\n|---|---|\n"


def page(written: str) -> str:
    """Return the page with the table as it should be."""
    before, rest = written.split(HEAD)
    after = re.sub(r"\A(\|[^\n]*\n)*", "", rest)
    rows = "".join(
        f"| `{module}` | {', '.join(f'`{name}`' for name in sorted(importlib.import_module(module).__all__))} |\n"
        for module in MODULES
    )
    return f"{before}{HEAD}{rows}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
