"""Sections of the report, which plugins can add or replace."""

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
    """The content of a section on the page.

    Parameters
    ----------
    title : str
        Heading as plain text, also shown in the list of sections. Empty for a section without a heading.
    body : str
        Content. An object with a method ``__html__``, such as `markupsafe.Markup`, is inserted as HTML, so escape all
        text that you didn't write (``Markup("<p>{}</p>").format(name)`` does this). Any other string is escaped.
    styles : tuple of str
        Stylesheets. They apply to the whole page, so start each selector with a class of your own. The content security
        policy of the page ignores ``style`` attributes.
    scripts : tuple of str
        Scripts, which run in this order after the page is parsed; the content security policy allows no other scripts.
    frame_scripts : tuple of str
        Scripts of documents embedded in `body` (``srcdoc``).
    frame_styles : tuple of str
        Stylesheets of such documents.

    Raises
    ------
    TypeError
        The title isn't a string, the body is neither a string nor markup, or the others aren't tuples of strings.
    ValueError
        A script or stylesheet contains text that would end its element on the page (``</script``, ``</style``, ``<!--``
        in scripts), or characters that UTF-8 can't encode.

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
    """Limits on how much a page shows; the table files contain everything.

    Parameters
    ----------
    groups : int
        Number of groups shown with their own brain.
    rows : int
        Number of table rows shown at first; a button shows the others.
    clusters : int
        Number of clusters described.
    points : int
        Number of texts on the text map.
    section_bytes : int
        Largest size of a section in bytes, including its styles and scripts. A larger section is left out, and the page
        names it.

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
        Name used in ``reporter.sections`` and `replaces`: lower case with hyphens, unique within a plugin.
    render : callable
        ``render(result, limits) -> Fragment | None`` returns the section for a result (`emotopy.records.Result`) within
        `PageLimits`, or None if there is nothing to show. Read only `result.tables`, never other files. Leave out texts
        if ``result.no_texts`` is true.
    order : float
        Position of the section: built-in sections have 0 (the answer) to 1000 (provenance), in steps of ten.
    kinds : frozenset of str
        Kinds of results to which it applies; empty for all.
    replaces : str
        Full name, ``owner:name``, of the section that it replaces; empty for none.

    Raises
    ------
    TypeError
        `kinds` is a string instead of a set, or `order` isn't a number.
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
        """Whether the section applies to a kind of result.

        Parameters
        ----------
        kind : str
            Kind of result, such as ``texts``.

        Returns
        -------
        bool
            True if `kinds` is empty or contains the kind.
        """
        return not self.kinds or kind in self.kinds


def _frozen(given: Mapping[str, ReportSection]) -> Mapping[str, ReportSection]:
    return MappingProxyType(dict(given))


@attrs.frozen(eq=False)
class ReportSections:
    """All sections that plugins offer.

    The host passes it to a parameter of a reporter's factory that has this annotation.

    Parameters
    ----------
    by_name : mapping of str to ReportSection, optional
        The sections by full name ``owner:name``.

    Examples
    --------
    >>> section = ReportSection("sizes", lambda result, limits: None)
    >>> [name for name, _ in ReportSections({"mine:sizes": section}).of("texts")]
    ['mine:sizes']
    """

    by_name: Mapping[str, ReportSection] = attrs.field(default=MappingProxyType({}), converter=_frozen)

    def of(self, kind: str) -> Iterator[tuple[str, ReportSection]]:
        """Return the sections of a kind of result in order, without those that others replace.

        Parameters
        ----------
        kind : str
            The kind of result.

        Yields
        ------
        tuple of str and ReportSection
            Full name and section.
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
    """Positions of the regions of results, for images of the brain.

    The host, which knows the installed atlases, passes it to a parameter of a reporter's factory that has this
    annotation.

    Parameters
    ----------
    axis_of : callable
        ``axis_of(result) -> RegionAxis | None`` returns the regions and nodes, with positions, for every region that
        the result names, or None if a position is unknown. Default: no position is known.

    Examples
    --------
    >>> Places().axis_of(None) is None  # nothing says where a region lies
    True
    """

    axis_of: Callable[[Result], RegionAxis | None] = _nowhere


@attrs.frozen(eq=False)
class ResultWithPlaces:
    """A result together with the positions of its regions.

    The reporter `html` passes it to sections, so that ``result.axis`` gives the positions for every kind of result. If
    positions are unknown, there is no such attribute (use ``getattr(result, "axis", None)``).

    Parameters
    ----------
    result : Result
        The result.
    axis : RegionAxis
        Regions and their nodes.

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
    """A result together with its texts, for a report that shows them.

    Attributes
    ----------
    shown_texts : mapping of str to str
        The texts by the `id` of their row in the table ``texts``. Empty and missing texts are left out. A result with
        `no_texts` never has this attribute.

    Examples
    --------
    >>> class Shown:
    ...     shown_texts = {"a": "I was afraid."}
    >>> isinstance(Shown(), ShowsTexts)
    True
    """

    @property
    def shown_texts(self) -> Mapping[str, str]: ...
