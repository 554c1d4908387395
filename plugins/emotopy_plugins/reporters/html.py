"""Reporter `html`: one self-contained page that a person reads, offline, with pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Reporter


def html(title: str | None = None, max_groups: int = 6, max_regions: int = 60, max_clusters: int = 24) -> Reporter:
    """Write ``report.html``: no script, nothing loaded from elsewhere; same result, same bytes.

    The limits are for the page of texts; that of a decoding shows every score, that of a comparison six pairs.

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
    for name, value, least in (
        ("max_groups", max_groups, 0),
        ("max_regions", max_regions, 1),
        ("max_clusters", max_clusters, 0),
    ):
        if value < least:
            raise ConfigError(f"reporter.{name}: wanted {least} or more, got {value}")
    from emotopy_plugins.reporters.html_report import HtmlReporter

    return HtmlReporter(title=title, max_groups=max_groups, max_regions=max_regions, max_clusters=max_clusters)


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `html`."""
    return {"html": html}
