"""The page of forms names each of them, and where it was seen."""

from __future__ import annotations

from pathlib import Path

from tests.forms.table import cells_of, forms

PAGE = Path(__file__).resolve().parents[2] / "docs" / "forms.md"


def test_the_page_holds_every_form():
    """`python tests/forms/table.py` writes it."""
    page = PAGE.read_text("utf-8")
    lacking = [name for name, form in forms().items() if f"| {' | '.join(cells_of(form))} |" not in page]
    assert lacking == []
