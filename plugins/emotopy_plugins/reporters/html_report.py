"""Writes a text result as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from emotopy.pathways.result import TextResult


@attrs.frozen
class HtmlReporter:
    """Keeps the protocol `Reporter`: writes ``report.html``. Options as in `emotopy_plugins.reporters.html.html`."""

    title: str | None = None
    max_groups: int = 6
    max_regions: int = 60
    max_clusters: int = 24

    def write(self, result: TextResult, directory: Path) -> list[Path]:
        """Write the page into `directory`, which exists; return its path."""
        from emotopy_plugins.reporters.report_view import Limits, view_of

        limits = Limits(groups=self.max_groups, regions=self.max_regions, clusters=self.max_clusters)
        path = directory / "report.html"
        path.write_bytes(render(view_of(result, limits, self.title)).encode("utf-8"))
        return [path]


def render(view: dict[str, Any]) -> str:
    """Return the page for what `view_of` made.

    Every value is escaped by the template engine. Should a value slip through all the same, the page's own policy
    (Content-Security-Policy) lets the browser run no script, load nothing, send no form and obey no stylesheet but
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
        finalize=_clean,
        keep_trailing_newline=True,
    )
    css = loader.get_source(environment, "report.css")[0].replace("\r\n", "\n").strip()
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    page = environment.get_template("report.html.jinja")
    return page.render(view, css=Markup(css), css_hash=f"sha256-{digest}")  # noqa: S704 (our own file, no values in it)


def _clean(value: Any) -> Any:
    """Take out of a text what HTML can't hold: control characters, and halves of surrogate pairs."""
    if type(value) is not str:
        return value
    text = value.encode("utf-8", "replace").decode("utf-8")
    return "".join(character for character in text if character in "\n\t" or not _is_control(ord(character)))


def _is_control(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0  # C0, DEL and C1
