"""Reporter `html`: one self-contained page for people to read offline, with pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.records import Result
from emotopy.roles import Factory, Reporter

if TYPE_CHECKING:
    from emotopy_plugins.reporters.page import Limits, Page

    PageMaker = Callable[[Any, str | None, Limits], Page]


@attrs.frozen
class HtmlReporter:
    """Write ``report.html``: no script, nothing loaded from elsewhere; same result, same bytes.

    The limits are for the page of texts; that of a decoding shows every score, that of a comparison six pairs. A result
    of a kind without a page of its own gets a page of its tables, `max_regions` rows of each.

    Parameters
    ----------
    title
        Title of the page; made from the result where it isn't given.
    max_groups
        Most groups that get a glass brain of their own (those that differ most from all texts); tables show all.
    max_regions
        Most rows of a table (the regions that differ most between groups); ``regions.csv`` holds all.
    max_clusters
        Most clusters described, largest first; ``clusters.csv`` holds all.

    Raises
    ------
    ConfigError
        One of the limits is negative, or `max_regions` is zero.
    """

    title: str | None = None
    max_groups: int = 6
    max_regions: int = 60
    max_clusters: int = 24

    def __attrs_post_init__(self) -> None:
        for name, least in {"max_groups": 0, "max_regions": 1, "max_clusters": 0}.items():
            if getattr(self, name) < least:
                raise ConfigError(f"reporter.{name}: wanted {least} or more, got {getattr(self, name)}")

    def write(self, result: Result, directory: Path) -> list[Path]:
        """Write the page into `directory`, which exists; return its path."""
        from emotopy_plugins.reporters.page import Limits, render, tables_page

        limits = Limits(groups=self.max_groups, regions=self.max_regions, clusters=self.max_clusters)
        page = page_makers().get(result.kind, tables_page)(result, self.title, limits)
        path = directory / "report.html"
        path.write_bytes(render(page).encode("utf-8"))
        return [path]


def page_makers() -> Mapping[str, PageMaker]:
    """Return the function that makes the page, by kind of result."""
    from emotopy_plugins.reporters.bridge_page import bridge_page
    from emotopy_plugins.reporters.comparison_page import comparison_page
    from emotopy_plugins.reporters.decoding_page import decoding_page
    from emotopy_plugins.reporters.experiment_page import experiment_page
    from emotopy_plugins.reporters.texts_page import texts_page

    return {
        "texts": texts_page,
        "comparison": comparison_page,
        "decoding": decoding_page,
        "bridge": bridge_page,
        "experiment": experiment_page,
    }


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `html`."""
    return {"html": HtmlReporter}
