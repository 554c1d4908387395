"""Formulas as MathML, which browsers draw themselves: pages need no script, and nothing is loaded from elsewhere."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def mathml(latex: str, display: str) -> str:
    """Return LaTeX as MathML.

    Parameters
    ----------
    latex : str
        The formula, without dollar signs.
    display : {"inline", "block"}
        Whether it stands in a line or on its own.

    Raises
    ------
    ValueError
        A command or an alignment that latex2mathml doesn't know: it passes both through as if they were letters.
    """
    from latex2mathml.converter import convert

    try:
        made = convert(latex, display=display)
    except Exception as error:
        raise ValueError(f"latex2mathml can't read this formula ({error!r}): {latex}") from error
    if "\\" in made or "<mi>&</mi>" in made:
        raise ValueError(f"A command in this formula isn't one that latex2mathml knows: {latex}")
    return made


def _inline(translator: Any, node: nodes.math) -> None:
    _write(translator, node, "inline", '<span class="math">{}</span>')


def _block(translator: Any, node: nodes.math_block) -> None:
    _write(translator, node, "block", '<div class="math">{}</div>\n')


def _write(translator: Any, node: nodes.Element, display: str, around: str) -> None:
    """Write a formula; one that can't be converted is a warning, which ends the strict build."""
    try:
        translator.body.append(around.format(mathml(node.astext(), display)))
    except ValueError as error:
        LOG.warning("%s", error, location=node)
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
