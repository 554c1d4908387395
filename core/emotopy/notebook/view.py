"""Pieces of HTML that all views share: escaped elements, their style, the fallback where a view fails."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

LONGEST_NAME = 60
"""Characters of a name; longer ones are cut, with an ellipsis."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, marks that turn the direction of what follows, and halves of surrogate pairs."""
WARM, COOL = "214,117,42", "63,131,187"
"""Red, green and blue of values above and below 0: apart for colour-blind readers, on light and on dark ground."""
STRONGEST = 0.6
"""Opacity of the largest value: letters in the colour of the page stay readable on it, light or dark."""

STYLE = Markup(
    "<style>"
    ".emotopy-view{color:var(--jp-content-font-color1,var(--vscode-editor-foreground,inherit));"
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:var(--jp-content-font-size1,14px);"
    "line-height:1.45;max-width:64rem;--emotopy-line:rgba(128,128,128,.4);--emotopy-wash:rgba(128,128,128,.12)}"
    ".emotopy-view p{margin:.3em 0}"
    ".emotopy-view .emotopy-title{opacity:.8;font-size:.92em}"
    ".emotopy-view .emotopy-answer{font-size:1.08em;margin:.35em 0 .5em}"
    ".emotopy-view .emotopy-scroll{overflow-x:auto}"
    ".emotopy-view table{border-collapse:collapse;margin:.4em 0;width:auto;font-variant-numeric:tabular-nums;"
    "font-size:.93em;border:0}"
    ".emotopy-view th,.emotopy-view td{padding:.16em .6em;text-align:right;border:0;"
    "border-bottom:1px solid var(--emotopy-line);background:none;white-space:nowrap}"
    ".emotopy-view thead th{vertical-align:bottom;font-weight:600}"
    ".emotopy-view tbody th,.emotopy-view .emotopy-left{text-align:left;font-weight:500}"
    ".emotopy-view tbody tr,.emotopy-view tbody tr:hover{background:none}"
    ".emotopy-view details{margin:.3em 0}"
    ".emotopy-view summary{cursor:pointer}"
    ".emotopy-view ul{margin:.3em 0;padding-inline-start:1.4em}"
    ".emotopy-view code{font-size:.95em;background:var(--emotopy-wash);color:inherit;padding:.05em .3em;"
    "border-radius:3px;user-select:all;overflow-wrap:anywhere}"
    ".emotopy-view svg{vertical-align:middle;overflow:visible}"
    ".emotopy-view .emotopy-stages{display:flex;flex-wrap:wrap;gap:.5em;align-items:stretch;margin:.5em 0;padding:0;"
    "list-style:none}"
    ".emotopy-view .emotopy-stage{border:1px solid var(--emotopy-line);border-radius:6px;padding:.4em .7em;margin:0;"
    "min-width:9.5em;max-width:22em;list-style:none}"
    ".emotopy-view .emotopy-changed{border:2px solid rgb(214,117,42)}"
    ".emotopy-view .emotopy-role{display:block;opacity:.8;font-size:.85em}"
    ".emotopy-view .emotopy-set{display:block;margin:.2em 0}"
    "</style>"
)
"""Colours come from the page (JupyterLab's and VS Code's variables, else what is inherited) or lie half transparent on
it, so that a dark page needs no rule of its own, and a light page on a dark desktop isn't taken for a dark one."""


def clean(text: str, most: int = LONGEST_NAME) -> str:
    r"""Return a text that can be shown: cut, and without characters that would change what surrounds it.

    >>> clean("left\u202eright", 7)
    'left�ri…'
    """
    cut = text if len(text) <= most else f"{text[:most]}…"
    return UNPRINTABLE.sub("\ufffd", cut)


def named(text: Any, most: int = LONGEST_NAME) -> Markup:
    """Return a name, escaped, with its own direction of writing."""
    return Markup("<bdi>{}</bdi>").format(clean(str(text), most))


def joined(pieces: Iterable[Any], between: str = ", ") -> Markup:
    """Join pieces; those that aren't markup are escaped."""
    return escape(between).join(pieces)


def number(value: Any, digits: int = 2, *, signed: bool = False) -> str:
    """Write a number with a minus sign that is one; an en dash where it isn't known.

    >>> number(-0.314), number(0.314, signed=True), number(float("nan"))
    ('−0.31', '+0.31', '–')
    """
    known = value is not None and value == value and math.isfinite(value)  # noqa: PLR0124 (NaN, and pandas' NA)
    return format(float(value), f"{'+' if signed else ''}.{digits}f").replace("-", "−") if known else "–"


def probability(value: Any) -> str:
    """Write a p-value.

    >>> probability(0.00004), probability(0.25)
    ('< 0.001', '0.250')
    """
    return "< 0.001" if value is not None and 0 <= value < 0.001 else number(value, 3)


def tinted(value: float, largest: float) -> Markup:
    """Return a table cell on a ground whose colour grows with the value, warm above 0 and cool below."""
    known = math.isfinite(value) and largest > 0
    colour = WARM if value > 0 else COOL
    style = f"background:rgba({colour},{STRONGEST * min(abs(value) / largest, 1):.2f})" if known else ""
    return Markup('<td style="{}">{}</td>').format(style, number(value, signed=True))


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]], n_left: int = 1) -> Markup:
    """Return a table; a row's first cell is its heading, cells that are whole (`tinted`) stay as they are.

    The first `n_left` columns are flush left: names.
    """
    left = Markup(' class="emotopy-left"')
    heads = joined(
        (Markup('<th scope="col"{}>{}</th>').format(left if i < n_left else "", cell) for i, cell in enumerate(head)),
        "",
    )
    body = joined((Markup("<tr>{}</tr>").format(_cells(row, n_left, left)) for row in rows), "")
    return Markup(
        '<div class="emotopy-scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(heads, body)


def _cells(row: Sequence[Any], n_left: int, left: Markup) -> Markup:
    cells = [Markup('<th scope="row">{}</th>').format(row[0])]
    for i, cell in enumerate(row[1:], 1):
        whole = isinstance(cell, Markup) and cell.startswith("<td")
        cells.append(cell if whole else Markup("<td{}>{}</td>").format(left if i < n_left else "", cell))
    return joined(cells, "")


def details(summary: Any, content: Any) -> Markup:
    """Return what unfolds."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, content)


def bullets(items: Iterable[Any]) -> Markup:
    """Return a list of items."""
    return Markup("<ul>{}</ul>").format(joined((Markup("<li>{}</li>").format(item) for item in items), ""))


def notes_list(notes: Sequence[str], most: int = 5, longest: int = 600) -> Markup:
    """Return the first notes, folded, and how many more there are."""
    if not notes:
        return Markup("")
    items: list[Any] = [clean(str(note), longest) for note in notes[:most]]
    if len(notes) > most:
        items.append(Markup("and {} more in <code>notes</code>").format(len(notes) - most))
    return details(f"Notes ({len(notes)})", bullets(items))


def guarded(subject: Any, make: Callable[[], Markup]) -> str:
    """Return the view of a subject with its style; where making it fails, what `repr` says, and the error's type.

    A notebook shows nothing at all of an object whose `_repr_html_` raises but a traceback.
    """
    try:
        content = make()
    except Exception as error:  # noqa: BLE001 (a view of results that anyone may have made)
        content = Markup("<pre>{}</pre><p>A more detailed view failed: {}.</p>").format(
            _safe_repr(subject), type(error).__name__
        )
    return str(Markup('<div class="emotopy-view">{}{}</div>').format(STYLE, content))


def _safe_repr(subject: Any) -> str:
    try:
        return clean(repr(subject), 500)
    except Exception:  # noqa: BLE001 (as above)
        return f"<{type(subject).__name__}>"
