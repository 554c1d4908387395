"""Sections of the report: what a plugin adds to the page, or puts in the place of a section that ships."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import attrs

from emotopy.records.regions import RegionAxis
from emotopy.records.result import Result


def _texts_of(given: Iterable[str]) -> tuple[str, ...]:
    """Return a tuple of texts; a text alone would be read as its letters."""
    if isinstance(given, str):
        raise TypeError("wanted a tuple of texts, got one text; put it into a tuple: (text,)")
    return tuple(given)


def _ends_no_element(instance: Any, field: Any, value: tuple[str, ...]) -> None:  # noqa: ARG001
    """Raise for what isn't text, and for text that would end the element that it stands in on the page."""
    for text in value:
        if not isinstance(text, str):
            raise TypeError(f"{field.name}: wanted texts, got a {type(text).__name__}")
        text.encode("utf-8")  # raises for half of a pair of surrogates, which no page can hold
        found = _ENDS.search(text)
        if found and (found[0] != "<!--" or "script" in field.name):
            raise ValueError(
                f"{field.name}: {found[0]!r} ends the element on the page; write it apart, as '<' + '/script'"
            )


_ENDS = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)


def _is_body(instance: Any, field: Any, value: Any) -> None:  # noqa: ARG001
    if not isinstance(value, str) and not hasattr(value, "__html__"):
        raise TypeError(f"body: wanted a text or markup, got a {type(value).__name__}")


def _is_finite(instance: Any, field: Any, value: Any) -> None:  # noqa: ARG001
    if not math.isfinite(value):
        raise ValueError(f"order: wanted a finite number, got {value!r}")


def _is_full_name(instance: Any, field: Any, value: Any) -> None:  # noqa: ARG001
    if value and not (":" in value and all(value.rpartition(":"))):
        raise ValueError(f"replaces: wanted owner:name, as emotopy:brain, got {value!r}")


def _kinds_of(given: Iterable[str]) -> frozenset[str]:
    """Return a set of kinds; a text alone would be read as its letters."""
    if isinstance(given, str):
        raise TypeError(f"kinds: wanted a set of kinds, got one text; write {{{given!r}}}")
    return frozenset(given)


@attrs.frozen
class Fragment:
    """A section as it stands on the page.

    Parameters
    ----------
    title : str
        The heading, as plain text; the page's list of sections shows it, too. Empty for a section without a heading.
    body : str
        The content. What has a method ``__html__``, as `markupsafe.Markup` does, is HTML as it is; escape what isn't
        yours (``Markup("<p>{}</p>").format(name)`` does). Any other string is text, and is escaped.
    styles : tuple of str
        Stylesheets. They apply to the whole page: begin each selector with a class of yours. Attributes ``style`` are
        ignored by the page's policy.
    scripts : tuple of str
        Scripts, run after the page is read, in this order; the page's policy allows these and no others.
    frame_scripts : tuple of str
        Scripts that documents within `body` (``srcdoc``) run.
    frame_styles : tuple of str
        Stylesheets that such documents apply.

    Raises
    ------
    TypeError
        The title is no text, the body neither text nor markup, or the others aren't tuples of texts.
    ValueError
        A script or stylesheet holds what would end its element on the page (``</script``, ``</style``, ``<!--`` in
        scripts), or letters that UTF-8 can't hold.

    Examples
    --------
    >>> Fragment("Sizes", "12 texts").title
    'Sizes'
    """

    title: str = attrs.field(validator=attrs.validators.instance_of(str))
    body: str = attrs.field(repr=False, validator=_is_body)
    styles: tuple[str, ...] = attrs.field(default=(), repr=False, converter=_texts_of, validator=_ends_no_element)
    scripts: tuple[str, ...] = attrs.field(default=(), repr=False, converter=_texts_of, validator=_ends_no_element)
    frame_scripts: tuple[str, ...] = attrs.field(
        default=(), repr=False, converter=_texts_of, validator=_ends_no_element
    )
    frame_styles: tuple[str, ...] = attrs.field(default=(), repr=False, converter=_texts_of, validator=_ends_no_element)


@attrs.frozen
class PageLimits:
    """How much a page shows at most; the files of tables hold everything.

    Parameters
    ----------
    groups : int
        Groups with a brain of their own.
    rows : int
        Rows of a table that stand open at first; a button shows the others.
    clusters : int
        Clusters that are described.
    points : int
        Texts on the map of texts.
    section_bytes : int
        Bytes of a section, its styles and scripts included. A larger one is left out, and named in its place.

    Examples
    --------
    >>> PageLimits(rows=20).rows
    20
    """

    groups: int = 6
    rows: int = 60
    clusters: int = 24
    points: int = 20_000
    section_bytes: int = 8_000_000


@attrs.frozen
class ReportSection:
    """A section of the report, offered by the hook `register_report_sections`.

    Parameters
    ----------
    name : str
        What ``reporter.sections`` and `replaces` call it: lower case with hyphens, unique within a plugin.
    render : callable
        ``render(result, limits) -> Fragment | None``: the section of a result (`emotopy.records.Result`), within
        `PageLimits`; None where the result has nothing to show there. Read `result.tables`, never other files. Leave
        texts out where ``result.no_texts`` says so.
    order : float
        Where the section stands: those that ship have 0 (the answer) to 1000 (provenance), in tens.
    kinds : frozenset of str
        Kinds of results that it is made for; empty for all.
    replaces : str
        The section, ``owner:name``, in whose place it stands; empty for none.

    Raises
    ------
    TypeError
        `kinds` is one text instead of a set of them, or `order` no number.
    ValueError
        `order` isn't finite, or `replaces` has no owner.

    Examples
    --------
    >>> def sizes(result, limits):
    ...     return Fragment("Sizes", f"{len(result.tables['texts'])} texts")
    >>> section = ReportSection("sizes", sizes, order=15, kinds={"texts"})
    >>> section.is_for("texts"), section.is_for("decoding")
    (True, False)
    """

    name: str
    render: Callable[[Result, PageLimits], Fragment | None] = attrs.field(repr=False)
    order: float = attrs.field(default=500.0, validator=_is_finite)
    kinds: frozenset[str] = attrs.field(default=frozenset(), converter=_kinds_of)
    replaces: str = attrs.field(default="", validator=_is_full_name)

    def is_for(self, kind: str) -> bool:
        """Whether it is made for a kind of result.

        Parameters
        ----------
        kind : str
            The kind, as ``texts``.

        Returns
        -------
        bool
            True where `kinds` is empty, or has it.
        """
        return not self.kinds or kind in self.kinds


def _frozen(given: Mapping[str, ReportSection]) -> Mapping[str, ReportSection]:
    return MappingProxyType(dict(given))


@attrs.frozen(eq=False)
class ReportSections:
    """All sections that plugins offer.

    A parameter of a reporter's factory that is annotated so is filled by the host.

    Parameters
    ----------
    by_name : mapping of str to ReportSection, optional
        The sections, each by its full name ``owner:name``.

    Examples
    --------
    >>> section = ReportSection("sizes", lambda result, limits: None)
    >>> [name for name, _ in ReportSections({"mine:sizes": section}).of("texts")]
    ['mine:sizes']
    """

    by_name: Mapping[str, ReportSection] = attrs.field(default=MappingProxyType({}), converter=_frozen)

    def of(self, kind: str) -> Iterator[tuple[str, ReportSection]]:
        """Return the sections of a kind of result in their order, those that others replace left out.

        Parameters
        ----------
        kind : str
            The kind of result.

        Yields
        ------
        tuple of str and ReportSection
            The full name, and the section.
        """
        chosen = {name: section for name, section in self.by_name.items() if section.is_for(kind)}
        # Sections that replace each other in a ring would all be gone; none of them is replaced by the others.
        replaced = {one.replaces for name, one in chosen.items() if not _is_in_ring(name, chosen)}
        yield from sorted(
            ((name, one) for name, one in chosen.items() if name not in replaced),
            key=lambda pair: (pair[1].order, pair[0]),
        )


def _is_in_ring(name: str, sections: Mapping[str, ReportSection]) -> bool:
    """Whether what a section replaces, and what that replaces, leads back to it."""
    at, seen = sections[name].replaces, set()
    while at in sections and at not in seen and at != name:
        seen.add(at)
        at = sections[at].replaces
    return at == name


def _nowhere(result: Result) -> RegionAxis | None:  # noqa: ARG001 (as all functions that know places)
    return None


@attrs.frozen(eq=False)
class Places:
    """Where the regions of results lie, for pictures of the brain.

    A parameter of a reporter's factory that is annotated so is filled by the host, which knows the atlases that are
    installed.

    Parameters
    ----------
    axis_of : callable
        ``axis_of(result) -> RegionAxis | None``: regions and nodes, each with its place, for every region that the
        result names; None where nothing says where one of them lies. By default no place is known.

    Examples
    --------
    >>> Places().axis_of(None) is None  # nothing says where a region lies
    True
    """

    axis_of: Callable[[Result], RegionAxis | None] = _nowhere


@attrs.frozen(eq=False)
class ResultWithPlaces:
    """A result with the places of its regions; all else is the result's.

    The reporter `html` gives it to sections, so that they find the regions' places as ``result.axis``, whatever the
    kind; a result whose places aren't known comes without (``getattr(result, "axis", None)``).

    Parameters
    ----------
    result : Result
        The result.
    axis : RegionAxis
        Its regions, and the nodes that make them up.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> result = SimpleNamespace(kind="texts", notes=("a licence",))
    >>> shown = ResultWithPlaces(result, RegionAxis("mine", ["amygdala"]))
    >>> shown.kind, shown.axis.regions
    ('texts', ('amygdala',))
    """

    result: Result
    axis: RegionAxis

    def __getattr__(self, name: str) -> Any:
        """Return what the result has."""
        if name in ("result", "axis") or name.startswith("__"):  # of a copy that isn't filled yet
            raise AttributeError(name)
        return getattr(self.result, name)


@runtime_checkable
class ShowsTexts(Protocol):
    """A result that was given its texts again, for a report that shows them.

    Attributes
    ----------
    shown_texts : mapping of str to str
        The texts as they were given, by the `id` of their row in the table ``texts``. Empty ones, and those that
        weren't given, are left out. No result that keeps texts out (`no_texts`) has any.

    Examples
    --------
    >>> class Shown:
    ...     shown_texts = {"a": "I was afraid."}
    >>> isinstance(Shown(), ShowsTexts)
    True
    """

    @property
    def shown_texts(self) -> Mapping[str, str]: ...
