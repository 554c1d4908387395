"""Writes a result as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.experiments.experiment import Experiment
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.bridge.pathway import Bridge
from emotopy.pathways.comparison.result import Comparison

if TYPE_CHECKING:
    from emotopy.pathways.text.result import TextResult


@attrs.frozen
class HtmlReporter:
    """Keeps the protocol `Reporter`: writes ``report.html``. Options as in `emotopy_plugins.reporters.html.html`."""

    title: str | None = None
    max_groups: int = 6
    max_regions: int = 60
    max_clusters: int = 24

    def write(self, result: TextResult | Comparison | Decoding | Bridge | Experiment, directory: Path) -> list[Path]:
        """Write the page into `directory`, which exists; return its path."""
        if isinstance(result, Comparison):
            page = self._comparison_page(result)
        elif isinstance(result, Bridge):
            page = self._bridge_page(result)
        elif isinstance(result, Experiment):
            page = self._experiment_page(result)
        else:
            page = self._decoding_page(result) if isinstance(result, Decoding) else self._texts_page(result)
        path = directory / "report.html"
        path.write_bytes(page.encode("utf-8"))
        return [path]

    def _texts_page(self, result: TextResult) -> str:
        from emotopy_plugins.reporters.report_view import Limits, view_of
        from emotopy_plugins.reporters.time_report import time_view

        limits = Limits(groups=self.max_groups, regions=self.max_regions, clusters=self.max_clusters)
        view = {**view_of(result, limits, self.title), **time_view(result, self.max_groups)}
        return render("report.html.jinja", view, *(["time.css"] if result.courses is not None else []))

    def _decoding_page(self, result: Decoding) -> str:
        from emotopy_plugins.reporters.decoding_report import view_of_decoding

        return render("decoding.html.jinja", view_of_decoding(result, self.title), "decoding.css")

    def _comparison_page(self, result: Comparison) -> str:
        from emotopy_plugins.reporters.comparison_report import view_of_comparison

        return render("comparison.html.jinja", view_of_comparison(result, self.title), "comparison.css")

    def _experiment_page(self, result: Experiment) -> str:
        from emotopy_plugins.reporters.experiment_report import view_of_experiment

        styles = ("comparison.css", "experiment.css")
        return render("experiment.html.jinja", view_of_experiment(result, self.title), *styles)

    def _bridge_page(self, result: Bridge) -> str:
        from emotopy_plugins.reporters.bridge_report import view_of_bridge

        return render("bridge.html.jinja", view_of_bridge(result, self.title), "decoding.css", "bridge.css")


def render(template: str, view: Mapping[str, Any], *more_styles: str) -> str:
    """Return the page that a template of ours makes of a view, styled by ``report.css`` and what is added to it.

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
    sheets = [loader.get_source(environment, name)[0] for name in ("report.css", *more_styles)]
    css = "\n".join(sheet.replace("\r\n", "\n").strip() for sheet in sheets)
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    page = environment.get_template(template)
    return page.render(view, css=Markup(css), css_hash=f"sha256-{digest}")  # noqa: S704 (our own file, no values in it)


def _clean(value: Any) -> Any:
    """Take out of a text what HTML can't hold: control characters, and halves of surrogate pairs."""
    if type(value) is not str:
        return value
    text = value.encode("utf-8", "replace").decode("utf-8")
    return "".join(character for character in text if character in "\n\t" or not _is_control(ord(character)))


def _is_control(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0  # C0, DEL and C1
