"""Reporter `html`: one self-contained page for people to read offline, made of the sections that plugins offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs

from emotopy.errors import ConfigError, UnknownName, nearest
from emotopy.hookspecs import hookimpl
from emotopy.host import is_hosts
from emotopy.records import Fragment, PageLimits, Places, ReportSection, ReportSections, Result, ResultWithPlaces
from emotopy.roles import Factory, Host, Reporter

if TYPE_CHECKING:
    from emotopy_plugins.reporters.page import Placed

OWNER = "emotopy"
"""The owner of the sections that ship; their places in the page's address need no owner."""


@attrs.frozen
class HtmlReporter:
    """Write ``report.html``: nothing is loaded from elsewhere; same result, same bytes.

    The page is made of sections (`register_report_sections`; ``emotopy plugins`` lists them), in their order. Tables
    are whole; its script sorts and searches them, switches between groups and draws the map of texts. Without it,
    everything but the map stands open.

    Parameters
    ----------
    title
        Title of the page; made from the result where it isn't given.
    max_groups
        Most groups that get a glass brain of their own (those that differ most from all texts); tables show all.
    max_regions
        Rows of a table that stand open at first; a button shows the others, and print shows all.
    max_clusters
        Most clusters described, largest first; ``clusters.csv`` holds all.
    max_points
        Most texts on the map of texts, a random sample beyond; ``texts.parquet`` holds all.
    sections
        Names of the sections to show, in this order, short or ``owner:name``; all by default.
    registered
        The sections that plugins offer; those that ship, by default.
    places
        Where regions lie, of results that don't hold it themselves; unknown by default.

    Raises
    ------
    ConfigError
        A limit is negative, or `max_regions` is zero.
    UnknownName
        No section has a name of `sections`.
    """

    title: str | None = None
    max_groups: int = 6
    max_regions: int = 60
    max_clusters: int = 24
    max_points: int = 20_000
    sections: tuple[str, ...] = ()
    registered: ReportSections | None = None
    places: Places | None = None
    host: Host = attrs.field(factory=Host, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, least in {"max_groups": 0, "max_regions": 1, "max_clusters": 0, "max_points": 0}.items():
            if getattr(self, name) < least:
                raise ConfigError(f"reporter.{name}: wanted {least} or more, got {getattr(self, name)}")
        for asked in self.sections:  # before anything is computed
            _full_name(asked, self._offered)

    @property
    def _offered(self) -> ReportSections:
        if self.registered is not None and self.registered.by_name:
            return self.registered
        return ReportSections({f"{OWNER}:{one.name}": one for one in register_report_sections()})

    def write(self, result: Result, directory: Path) -> list[Path]:
        """Write the page into `directory`, which exists; return its path."""
        from emotopy_plugins.reporters.page import render_page
        from emotopy_plugins.reporters.reading import lookup
        from emotopy_plugins.reporters.titles import kicker_of, title_of

        result = self._with_places(result)
        placed = [one for name, section in self._chosen(result.kind) if (one := self._placed(name, section, result))]
        version = str(lookup(result.provenance, "versions", "emotopy") or "")
        page = render_page(self.title or title_of(result), kicker_of(result), version, placed)
        path = directory / "report.html"
        path.write_bytes(page.encode("utf-8"))
        return [path]

    def _with_places(self, result: Result) -> Result:
        """Return the result with the places of its regions, if it has none of its own and they are known."""
        axis = None if self.places is None or getattr(result, "axis", None) else self.places.axis_of(result)
        return result if axis is None else ResultWithPlaces(result, axis)

    def _chosen(self, kind: str) -> list[tuple[str, ReportSection]]:
        """Return the sections to show, by full name, in their order."""
        offered = self._offered
        here = dict(offered.of(kind))
        self._tell_of_typos(here, offered)
        if not self.sections:
            return list(here.items())
        chosen: dict[str, ReportSection] = {}
        for asked in self.sections:
            name = _full_name(asked, offered)
            chosen |= {one: here[one] for one in here if name in (one, here[one].replaces)}
        if not chosen:
            self.host.notify(
                f"reporter.sections: none of {', '.join(self.sections)} applies to results of the kind "
                f"{kind!r}, so the page has no section."
            )
        return list(chosen.items())

    def _tell_of_typos(self, here: Mapping[str, ReportSection], offered: ReportSections) -> None:
        """Tell of a section that is to replace one that its owner doesn't offer."""
        owners = {name.rpartition(":")[0] for name in offered.by_name}
        for name, one in here.items():
            if one.replaces.rpartition(":")[0] in owners and one.replaces not in offered.by_name:
                said = nearest(one.replaces, list(offered.by_name))
                self.host.notify(f"report: the section {name} replaces {one.replaces}, which isn't offered.{said}")

    def _placed(self, name: str, section: ReportSection, result: Result) -> Placed | None:
        """Return a section as it stands on the page; None where it has nothing to say.

        One that fails is named in its place, so that the others reach their reader.
        """
        from emotopy_plugins.reporters.apart import Apart
        from emotopy_plugins.reporters.page import Placed, n_bytes_of

        owner, _, short = name.rpartition(":")
        anchor = short if owner == OWNER else "_".join(name.split())  # with a colon, which no name that ships has
        limits = PageLimits(self.max_groups, self.max_regions, self.max_clusters, self.max_points)
        try:
            fragment = section.render(result if owner == OWNER else cast("Result", Apart(result)), limits)
            if fragment is not None and not isinstance(fragment, Fragment):
                raise TypeError(f"wanted a Fragment or None, got a {type(fragment).__name__}")  # noqa: TRY301
            if fragment is None:
                return None
            fragment = _as_markup(fragment)
            if (n_bytes := n_bytes_of(fragment)) <= limits.section_bytes:
                return Placed(anchor, owner, fragment)
            size = f"{n_bytes / 1e6:,.1f} MB, more than {limits.section_bytes / 1e6:,.1f} MB"
            told = f"is left out of the page: it holds {size}"
            shown = f"This section holds {size}. It was left out, so that the page can be opened."
        except (Exception, SystemExit) as error:
            if is_hosts(error):
                raise
            told = f"failed: {type(error).__name__}"
            shown = f"This section couldn't be created ({type(error).__name__}). The other sections aren't affected."
        self.host.notify(f"report: the section {name} {told}")
        return Placed(anchor, owner, _as_markup(Fragment(short, shown)), failed=True)


def _full_name(asked: str, offered: ReportSections) -> str:
    """Return the full name of a section; raises UnknownName, also where two plugins offer a short name."""
    found = [name for name in offered.by_name if asked in (name, name.rpartition(":")[2])]
    if len(found) == 1:
        return found[0]
    choices = found or [name.removeprefix(f"{OWNER}:") for name in offered.by_name]
    raise UnknownName(
        f"reporter.sections: the report has no section {asked!r}.{nearest(asked, choices)} There are: "
        f"{', '.join(choices)}",
        kind="section of the report",
        name=asked,
        choices=choices,
        path="reporter.sections",
    )


def _as_markup(fragment: Fragment) -> Fragment:
    """Return a fragment whose body is HTML; a plain string becomes a paragraph."""
    from markupsafe import Markup

    from emotopy_plugins.reporters.page import without_controls

    if isinstance(fragment.title, Markup):  # a heading is plain text
        fragment = attrs.evolve(fragment, title=fragment.title.striptags())
    if hasattr(fragment.body, "__html__"):
        source = str(fragment.body.__html__()).encode("utf-8", "replace").decode("utf-8")
        return attrs.evolve(fragment, body=Markup(source))  # noqa: S704 (the section says that it is)
    return attrs.evolve(fragment, body=Markup("<p>{}</p>").format(without_controls(fragment.body)))


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `html`."""
    return {"html": HtmlReporter}


@hookimpl
def register_report_sections() -> Iterable[ReportSection]:
    """Offer the sections that ship."""
    from emotopy_plugins.reporters.sections import SECTIONS

    return SECTIONS
