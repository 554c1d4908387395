"""A page of HTML that needs nothing but itself, and what all pages show alike: notes, provenance, version."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.records import Result
from emotopy_plugins.reporters.formatting import ABSENT, MINUS, count, listing

if TYPE_CHECKING:
    import pandas as pd

N_NAMED = 4
"""Most tables that the summary of a page of tables names."""


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""C0 without tab and line feed, DEL and C1."""


@attrs.frozen
class Limits:
    """How much a page shows at most; the files of tables hold everything."""

    groups: int = 6
    regions: int = 60
    clusters: int = 24


@attrs.frozen
class Page:
    """A template's name, its values, and the stylesheets that it needs in addition to ``report.css``."""

    template: str
    context: Mapping[str, Any]
    styles: tuple[str, ...] = ()


def render(page: Page) -> str:
    """Return the HTML of a page.

    The template engine escapes every value. Should a value slip through all the same, the page's own policy
    (Content-Security-Policy) lets the browser run no script, load nothing, send no form and apply no stylesheet but
    ours, which it knows by its hash.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    loader = PackageLoader("emotopy_plugins.reporters", "templates")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_controls,
        keep_trailing_newline=True,
    )
    sheets = [loader.get_source(environment, name)[0] for name in ("old_report.css", *page.styles)]
    css = "\n".join(sheet.replace("\r\n", "\n").strip() for sheet in sheets)
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    template = environment.get_template(page.template)
    return template.render(page.context, css=Markup(css), css_hash=f"sha256-{digest}")  # noqa: S704 (our own file)


def _without_controls(value: Any) -> Any:
    """Remove from a text what HTML can't hold: control characters, and halves of surrogate pairs."""
    if type(value) is not str:
        return value
    return CONTROLS.sub("", value.encode("utf-8", "replace").decode("utf-8"))


# What all pages show ------------------------------------------------------------------------------------------------


def common_context(result: Result) -> dict[str, Any]:
    """Return the values of the parts that every page has: notes, provenance, version."""
    return {
        "notes": list(result.notes),
        "provenance": list(provenance_rows(result.provenance)),
        "version": str(lookup(result.provenance, "versions", "emotopy") or ""),
    }


def lookup(provenance: Any, *path: str) -> Any:
    """Return what the provenance holds under a path of keys; None where it holds nothing."""
    for key in path:
        provenance = provenance.get(key) if isinstance(provenance, Mapping) else None
    return provenance


def simulation_name(value: Any) -> str:
    """Return the name of a simulation that the provenance gives, or `yes`; empty where data were measured."""
    return "" if not value else value if isinstance(value, str) else "yes"


def stage_name(stage: Any) -> str:
    """Return what a stage is called in a sentence."""
    if isinstance(stage, Mapping):
        found = next((stage[key] for key in ("use", "name", "class", "object") if key in stage), None)
        return stage_name(found) if found is not None else "an object"
    return str(stage)


def provenance_rows(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return the leaves of nested mappings as (path, value); lists of plain values stay together."""
    if isinstance(value, Mapping) and value:
        return [
            leaf
            for key, inner in value.items()
            for leaf in provenance_rows(inner, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return [leaf for i, item in enumerate(value) for leaf in provenance_rows(item, f"{path}[{i}]")]
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return [(path, "" if value is None or value == {} else str(value))]


# A kind without a page of its own -----------------------------------------------------------------------------------


def tables_page(result: Result, title: str | None, limits: Limits) -> Page:
    """Return a page of a result's tables, for kinds that have no page of their own."""
    names = [str(name) for name in result.tables]
    context = {
        "title": title or f"Results: {result.kind}",
        "summary": f"{count(len(names), 'table')}{f': {listing(names)}' if 0 < len(names) <= N_NAMED else ''}.",
        "kind": result.kind,
        "tables": [_table(str(name), table, limits.regions) for name, table in result.tables.items()],
        **common_context(result),
    }
    return Page("tables.html.jinja", context)


def _table(name: str, table: pd.DataFrame, most: int) -> dict[str, Any]:
    shown = table.head(most)
    return {
        "name": name,
        "columns": [str(column) for column in table.columns],
        "rows": [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)],
        "n_rows": f"{len(table):,}",
        "n_shown": f"{len(shown):,}",
        "is_cut": len(shown) < len(table),
    }


def _cell(value: Any) -> str:
    """Return a cell as text; floats with four significant digits."""
    if value is None or value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return ABSENT
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", MINUS) if math.isfinite(value) else ABSENT
    return str(value)
