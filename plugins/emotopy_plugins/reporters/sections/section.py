"""How the sections that ship are made: a function that reads the result, and a template that shows what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emotopy.records import Fragment, PageLimits, ReportSection, Result

Reading = Callable[[Any, PageLimits], Mapping[str, Any] | None]
"""`reading(result, limits)` returns the template's values, and `title`, the heading; None where there is nothing to
show."""


def section(
    name: str, reading: Reading, *, order: float, kinds: Iterable[str] = (), styles: Iterable[str] = ()
) -> ReportSection:
    """Return a section whose template is ``sections/NAME.html.jinja``; `styles` are further stylesheets by name."""

    def render(result: Result, limits: PageLimits) -> Fragment | None:
        from emotopy_plugins.reporters.page import asset, render_template

        values = reading(result, limits)
        if values is None:
            return None
        body = render_template(f"sections/{name}.html.jinja", values)
        return Fragment(str(values["title"]), body, styles=tuple(asset(sheet) for sheet in styles))

    return ReportSection(name, render, order=order, kinds=frozenset(kinds))
