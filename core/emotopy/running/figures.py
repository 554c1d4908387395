"""`result.plot`: the figures that a result can have, and files of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError, NoFigure, listed
from emotopy.host import is_hosts
from emotopy.plotting.formats import FORMATS
from emotopy.plotting.style import Width
from emotopy.records import Node, RegionAxis, Result
from emotopy.registry import Registry
from emotopy.running.places import nodes_of
from emotopy.storage.os_errors import as_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = ("brain", "heatmap", "forest", "course", "scores", "networks", "text_map")
Names = str | Sequence[str] | None
Places = RegionAxis | Sequence[Node] | None


def _makers(kind: str) -> Mapping[str, Callable[..., Figure]]:
    """Return the functions of a kind of result, by the figure's name."""
    from emotopy.plotting import of_comparison, of_decoding, of_texts

    makers: dict[str, Mapping[str, Callable[..., Figure]]] = {
        "texts": {
            "brain": of_texts.texts_brain,
            "heatmap": of_texts.texts_heatmap,
            "forest": of_texts.texts_forest,
            "course": of_texts.texts_course,
            "text_map": of_texts.texts_map,
        },
        "comparison": {
            "brain": of_comparison.comparison_brain,
            "heatmap": of_comparison.comparison_heatmap,
            "forest": of_comparison.comparison_forest,
        },
        "decoding": {
            "brain": of_decoding.decoding_brain,
            "heatmap": of_decoding.decoding_heatmap,
            "course": of_decoding.decoding_course,
            "scores": of_decoding.decoding_scores,
            "networks": of_decoding.decoding_networks,
        },
        "bridge": {
            "brain": of_decoding.bridge_brain,
            "heatmap": of_decoding.bridge_heatmap,
            "scores": of_decoding.bridge_scores,
        },
    }
    return makers.get(kind, {})


@attrs.frozen(repr=False)
class Plots:
    """The figures of a result: each method returns a figure of matplotlib's, in a paper's size.

    A figure has white ground, letters of 5 to 7 points, and colours that every reader and grey print tell apart.
    `figure.savefig("name.pdf")` (.png, .svg) embeds its fonts and writes the same bytes each time. docs/figures.md
    shows each.

    Parameters
    ----------
    result
        What is drawn.
    registry
        Where the atlas comes from whose places a folder of results doesn't hold; all installed plugins by default.
    """

    result: Result
    registry: Registry | None = None

    def __repr__(self) -> str:
        return f"<figures of a result of the kind {self.result.kind!r}: {', '.join(self.available) or 'none'}>"

    @property
    def available(self) -> tuple[str, ...]:
        """Names of the figures that this result can have, as far as its tables go."""
        return tuple(name for name in FIGURES if self._lacks(name) is None)

    def brain(
        self,
        *,
        groups: Names = None,
        pair: Sequence[str] | None = None,
        emotions: Names = None,
        measure: str | None = None,
        nodes: Places = None,
        width: Width = "one",
        ax: Any = None,
    ) -> Figure:
        """Draw glass brains: regions of groups (texts), effects of a pair (comparison), weights of emotions (decoding).

        Parameters
        ----------
        groups, pair, emotions
            What to draw, a panel each; up to six by default.
        measure
            Texts: ``relative``, ``evidence``, ``share``, ``intensity``. Comparisons: ``relative``, ``intensity``.
        nodes
            Places of the regions, where the result doesn't know them: a `RegionAxis`, or nodes.
        width
            ``one`` or ``two`` columns of a page (89, 183 mm), or millimetres.
        ax
            Axes of matplotlib's to draw in: one, or a list of one per panel.

        Raises
        ------
        NoFigure
            The result has no such figure.
        UnknownName
            A group or an emotion isn't there.
        InputError
            An option doesn't fit.
        """
        options = {"groups": groups, "pair": pair, "emotions": emotions, "measure": measure, "width": width, "ax": ax}
        maker = self._maker("brain", options)
        return maker(self.result, nodes=nodes_of(self.result, nodes, self.registry), **_given(options))

    def heatmap(
        self,
        *,
        groups: Names = None,
        emotions: Names = None,
        measure: str | None = None,
        width: Width | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw a heat map of regions × groups, pairs of groups, or emotions; options and errors as for `brain`."""
        return self._draw("heatmap", groups=groups, emotions=emotions, measure=measure, width=width, ax=ax)

    def forest(
        self,
        *,
        groups: Names = None,
        pair: Sequence[str] | None = None,
        measure: str | None = None,
        width: Width | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw values of regions (texts) or effect sizes (comparison) with intervals; options as for `brain`."""
        return self._draw("forest", groups=groups, pair=pair, measure=measure, width=width, ax=ax)

    def course(
        self,
        *,
        groups: Names = None,
        regions: Names = None,
        measure: str | None = None,
        emotions: Names = None,
        features: str | None = None,
        story: str | None = None,
        width: Width | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw courses over time: of regions (texts), or decoded beside annotated emotions (decoding).

        `features` and `story` choose a feature set and a story of a decoding, the first by default; other options and
        errors as for `brain`.
        """
        options = {"groups": groups, "regions": regions, "measure": measure, "emotions": emotions, "features": features}
        return self._draw("course", **options, story=story, width=width, ax=ax)

    def scores(self, *, emotions: Names = None, width: Width | None = None, ax: Any = None) -> Figure:
        """Draw scores beside their null; options and errors as for `brain`."""
        return self._draw("scores", emotions=emotions, width=width, ax=ax)

    def networks(self, *, emotions: Names = None, width: Width | None = None, ax: Any = None) -> Figure:
        """Draw the weight of edges between networks, where the atlas has such; options and errors as for `brain`."""
        return self._draw("networks", emotions=emotions, width=width, ax=ax)

    def text_map(self, *, colour_by: str | None = None, width: Width | None = None, ax: Any = None) -> Figure:
        """Draw a point per text, coloured by ``cluster`` (the default), ``group``, ``top_region`` or any other column.

        Other options and errors as for `brain`.
        """
        return self._draw("text_map", colour_by=colour_by, width=width, ax=ax)

    def save_all(self, directory: str | Path, *, formats: Sequence[str] = FORMATS, force: bool = False) -> Path:
        """Save every figure that the result can have, as it is by default; return the folder, which is made.

        Raises
        ------
        OutputError
            A file is there (unless `force`), or can't be written.
        """
        from emotopy.storage.results import write_files

        directory = as_path(directory, "directory")
        files = self.files(directory, formats=formats)
        directory.mkdir(parents=True, exist_ok=True)
        write_files(files, force=force)
        return directory

    def files(
        self, directory: Path, *, formats: Sequence[str] = FORMATS, notify: Callable[[str], None] | None = None
    ) -> dict[Path, bytes]:
        """Return the content of a file per figure and format, by its path.

        A brain is left out where nothing installed knows the places of its regions. With `notify` a figure that can't
        be drawn is told of and left out; without, its error is raised.
        """
        from emotopy.plotting.paper_figure import figure_bytes

        found: dict[Path, bytes] = {}
        for name in self.available:
            try:
                figure = getattr(self, name)()
                found |= {directory / f"{name}.{one}": figure_bytes(figure, one) for one in formats}
            except NoFigure as error:
                if notify is not None:
                    notify(f"figures: {error}")
            except Exception as error:
                if notify is None or is_hosts(error):
                    raise
                notify(f"figures: {name} couldn't be drawn: {type(error).__name__}")
        return found

    def _draw(self, name: str, **options: Any) -> Figure:
        return self._maker(name, options)(self.result, **_given(options))

    def _maker(self, name: str, options: Mapping[str, Any]) -> Callable[..., Figure]:
        """Return the function of a figure; raises NoFigure, and InputError for an option that it hasn't."""
        lacking = self._lacks(name)
        if lacking is not None:
            raise NoFigure.of(name, self.result.kind, lacking, self.available)
        maker = _makers(self.result.kind)[name]
        known = inspect.signature(maker).parameters
        for option in _given(options):
            if option not in known:
                wanted = f"one of {listed([one for one in known if one not in ('result', 'nodes')])}"
                raise InputError(
                    f"plot.{name}: wanted {wanted}, got {option!r}; this is a result of the kind {self.result.kind!r}",
                    wanted=wanted,
                    got=option,
                )
        return maker

    def _lacks(self, name: str) -> str | None:
        """Return what a figure would need that the result hasn't; None where it can be drawn."""
        kind, tables = self.result.kind, self.result.tables
        if name not in _makers(kind):
            return "a result of another kind"
        needed = {
            ("texts", "course"): "time_course",
            ("decoding", "networks"): "networks",
            ("decoding", "heatmap"): "weights",
            ("decoding", "brain"): "weights",
        }.get((kind, name))
        if needed is not None and (needed not in tables or tables[needed].empty):
            return f"the table {needed!r}"
        if (kind, name) == ("texts", "text_map"):
            from emotopy.records.result import columns_of

            columns = columns_of(self.result, "texts", {"map_x", "map_y"}.__contains__)
            if len(columns.columns) < 2 or not columns.notna().all(axis=1).any():
                return "positions of texts (the columns 'map_x' and 'map_y')"
        return None


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
