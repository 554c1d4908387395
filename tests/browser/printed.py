"""A page on paper: what Chromium prints, read back from the PDF."""

from __future__ import annotations

from pathlib import Path

import attrs
from tests.browser.chromium import Shown

A4 = (595.28, 841.89)
"""Width and height in points, portrait."""
POINT = 72 / 96
"""Points in a CSS pixel."""
SLACK = 2.0
"""Points that a letter's box may reach over the margin's line."""


@attrs.frozen
class Sheet:
    """One page: its size and its letters with their boxes (left, bottom, right, top), in points."""

    size: tuple[float, float]
    letters: list[tuple[str, tuple[float, float, float, float]]]

    @property
    def text(self) -> str:
        """All letters, without spaces."""
        return "".join("".join(letter for letter, _ in self.letters).split())


def room(shown: Shown) -> tuple[int, int]:
    """Return what an A4 sheet leaves inside the margins of the page's styles: width and height in CSS pixels."""
    top, right, bottom, left = shown.measure("margins") or (0, 0, 0, 0)
    return int(A4[0] / POINT - left - right), int(A4[1] / POINT - top - bottom)


def pdf(shown: Shown, out: Path) -> Path:
    """Print a page as its own styles want it."""
    shown.page.pdf(path=out, prefer_css_page_size=True, print_background=True)
    return out


def sheets(path: Path) -> list[Sheet]:
    """Read a PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        found = []
        for page in document:
            text = page.get_textpage()
            n = text.count_chars()
            letters = text.get_text_range(0, n) if n else ""
            boxes = [text.get_charbox(i) for i in range(n)]
            if len(letters) != n:  # letters outside the basic plane count twice
                letters = "".join(text.get_text_range(i, 1)[:1] or " " for i in range(n))
            found.append(Sheet(page.get_size(), list(zip(letters, boxes, strict=True))))
            text.close()
        return found
    finally:
        document.close()


def faults(shown: Shown, out: Path) -> list[str]:
    """Return what is wrong with a page on paper: its size, letters cut at a margin, rows that are lost."""
    found, pages = [], sheets(pdf(shown, out))
    for k, sheet in enumerate(pages, 1):
        if any(abs(got - wanted) > 1 for got, wanted in zip(sheet.size, A4, strict=True)):
            found.append(f"page {k} is {sheet.size[0]:.0f} × {sheet.size[1]:.0f} pt, not A4 portrait")
    top, right, bottom, left = (pixels * POINT for pixels in shown.measure("margins") or (0, 0, 0, 0))
    for k, sheet in enumerate(pages, 1):
        width, height = sheet.size
        beyond = [
            letter
            for letter, (x0, y0, x1, y1) in sheet.letters
            if not letter.isspace() and x1 > x0 and y1 > y0
            and (x0 < left - SLACK or x1 > width - right + SLACK or y0 < bottom - SLACK or y1 > height - top + SLACK)
        ]  # fmt: skip
        if beyond:
            found.append(f"page {k}: text is cut at the margin: “{''.join(beyond)[:60]}”")
    # Letters and digits alone: a PDF keeps neither emoji nor what joins them as they were.
    printed = _letters("".join(sheet.text for sheet in pages))
    lost = [label for label in shown.measure("labels") if _letters(label) not in printed]
    return found + [f"a row isn't on paper: {label[:60]}" for label in lost]


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())
