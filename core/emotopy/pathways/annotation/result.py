"""The result of an annotation: ratings of a story, written as a table with its sidecar and plot, and its segments."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.emotions import emotion
from emotopy.inference.reliability import Icc
from emotopy.pathways.annotation.agreement import Agreement, rated_course, rounded
from emotopy.readers.ratings import EMOTIONS, KNOWN_UNTIL, SCALE, table_text
from emotopy.records.brain import Narrative, Ratings, Segments
from emotopy.result_files.of_decoding import DURATION, ONSET
from emotopy.storage.arrow import ArrowTables
from emotopy.storage.csv_safe import csv_text
from emotopy.storage.results import write_files

if TYPE_CHECKING:
    import pandas as pd

TIME_DECIMALS = 3
"""Times as a table of ratings has them, so that the two can be joined by onset."""
_PANEL_INCHES = 0.7
_LINE, _UNKNOWN = "#31688e", "#bbbbbb"


@attrs.frozen(eq=False)
class Annotation(ArrowTables):
    """Emotion ratings of a story and their provenance; returned by `emotopy.annotate`.

    Parameters
    ----------
    ratings : Ratings
        One row per segment and one column per emotion.
    segments : Segments
        The rated segments, with onset and duration in seconds.
    narrative : Narrative
        The story.
    provenance : mapping
        Versions, annotator, options and hashes, JSON-serialisable.
    notes : tuple of str, default ()
        Notes that a reader of the results needs.
    n_repeats : int, default 1
        Number of times each segment was rated.
    reliability : mapping of str to Icc, optional
        Intraclass correlation per emotion if segments were rated at least twice; empty otherwise.
    scale : str, default ""
        Meaning of the values, if the annotator states it.

    Examples
    --------
    >>> import emotopy
    >>> annotation = emotopy.annotate(narrative)  # doctest: +SKIP
    >>> annotation.write(Path("ratings.tsv"))  # doctest: +SKIP
    """

    ratings: Ratings
    segments: Segments
    narrative: Narrative
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    n_repeats: int = 1
    reliability: Mapping[str, Icc] = attrs.field(factory=dict)
    scale: str = ""

    def _repr_html_(self) -> str:
        """Return what a notebook shows: sizes, the spread of each rating, notes; nothing of what was said."""
        from emotopy.notebook import annotation_html

        return annotation_html(self)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``ratings`` (onset and duration in seconds, a column per emotion) and ``segments``, with what was said."""
        return {"ratings": _ratings_table(self.ratings), "segments": _segments_table(self.segments)}

    @property
    def units(self) -> Mapping[str, str]:
        """Seconds."""
        return {column.name: column.unit for column in (ONSET, DURATION)}

    def sidecar(self, compared: Sequence[Agreement] = ()) -> dict[str, Any]:
        """Return the JSON sidecar in BIDS style: a description of each column, and the source of the table.

        Parameters
        ----------
        compared : sequence of Agreement, default ()
            Agreement with other ratings, to include in the sidecar.

        Returns
        -------
        dict
            JSON-ready.
        """
        columns: dict[str, Any] = {
            column.name: {"Description": column.meaning, "Units": column.unit} for column in (ONSET, DURATION)
        }
        for name in self.ratings.emotions:
            definition = emotion(name).definition
            columns[name] = {
                "Description": f"Rated {name}{f': {definition}' if definition else ''}",
                "Minimum": 0,
                "Maximum": 1,
            }
        more: dict[str, Any] = {SCALE: self.scale} if self.scale else {}
        if self.reliability:
            more["Reliability"] = {
                "Repeats": self.n_repeats,
                "ICC(2,1)": {name: rounded(found.single) for name, found in self.reliability.items()},
                "ICC(2,k)": {name: rounded(found.mean) for name, found in self.reliability.items()},
            }
        if compared:
            more["Agreement"] = {one.emotion: one.to_dict() for one in compared}
        return {
            **columns,
            EMOTIONS: list(self.ratings.emotions),
            KNOWN_UNTIL: rounded(self.ratings.known_until_s),
            "DeclaredLength": rounded(self.narrative.declared_s),
            "SilentStretches": self.segments.n_silent,
            "Notes": list(self.notes),
            **more,
            "Provenance": dict(self.provenance),
        }

    def write(
        self,
        path: Path,
        *,
        force: bool = False,
        compared: Sequence[Agreement] = (),
        files: Mapping[Path, bytes] | None = None,
    ) -> tuple[Path, ...]:
        """Write the table, and next to it the sidecar (.json) and a plot (.svg).

        Parameters
        ----------
        path : Path
            File of the table.
        force : bool, default False
            Replace existing files.
        compared : sequence of Agreement, default ()
            Agreement with other ratings, for the sidecar.
        files : mapping of Path to bytes, optional
            Further files to write together with these; either all files are written or none.

        Returns
        -------
        tuple of Path
            Paths of the table, sidecar and plot.

        Raises
        ------
        OutputError
            A file exists (unless `force`) or can't be written.
        """
        title = f"{self.narrative.name}, rated by {self.provenance['stages']['annotator'].get('use', 'an object')}"
        picture = plot(self.ratings, declared_s=self.narrative.declared_s, title=title)
        sidecar = json.dumps(self.sidecar(compared), indent=2, ensure_ascii=False)
        table, notes, figure = outputs(path)
        contents = {table: table_text(self.ratings), notes: sidecar + "\n", figure: picture}
        encoded = {file: text.encode("utf-8", "replace") for file, text in contents.items()}
        write_files({**encoded, **(files or {})}, force=force)
        return table, notes, figure


def outputs(path: Path) -> tuple[Path, Path, Path]:
    """Return where table, sidecar and plot of an annotation go."""
    return path, path.with_suffix(".json"), path.with_suffix(".svg")


def plot(ratings: Ratings, *, declared_s: float | None = None, title: str = "") -> str:
    """Return an SVG of the ratings as a step function, a panel per emotion; the same ratings give the same bytes.

    `declared_s` is the story's length according to its source; from where the narrative breaks off to there the panels
    are hatched.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    ends = ratings.onset_s + ratings.duration_s
    known_s = float(min(ratings.known_until_s, ends.max()))
    last_s = max(known_s, declared_s or 0.0)
    edges = np.unique(np.round(np.concatenate([ratings.onset_s, ends]), 6))
    edges = edges[edges <= known_s + 1e-6]
    middles = (edges[:-1] + edges[1:]) / 2
    values = rated_course(ratings, middles)

    n_emotions = len(ratings.emotions)
    highest = float(np.nanmax(values, initial=0.0))
    top = 1.0 if highest > 0.5 else max(0.05, float(np.ceil(highest * 20)) / 20)  # one scale for all emotions
    with mpl.rc_context({"svg.hashsalt": "emotopy", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(9, 1.0 + _PANEL_INCHES * n_emotions), layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(n_emotions, 1, sharex=True, squeeze=False)[:, 0]
        for number, (panel, emotion) in enumerate(zip(panels, ratings.emotions, strict=True)):
            panel.stairs(values[:, number], edges, color=_LINE, linewidth=1.2, baseline=None)
            if last_s > known_s + 1e-6:
                panel.axvspan(known_s, last_s, facecolor="none", edgecolor=_UNKNOWN, hatch="////", linewidth=0)
            panel.set_ylabel(emotion, rotation=0, ha="right", va="center")
            panel.set_ylim(-0.03 * top, 1.03 * top)
            panel.set_yticks([0, top])
            panel.spines[["top", "right"]].set_visible(False)
        panels[-1].set_xlim(float(edges[0]), last_s)
        panels[-1].set_xlabel("time in the narrative (s)" + ("; hatched: unknown" if last_s > known_s + 1e-6 else ""))
        if title:
            panels[0].set_title(title, loc="left", fontsize=10, parse_math=False)  # a file may be called $x$
        sheet = io.StringIO()
        figure.savefig(sheet, format="svg", metadata={"Date": None, "Creator": None})
    return sheet.getvalue()


def segments_text(segments: Segments) -> bytes:
    """Return the segments as CSV in UTF-8: ``id, onset, duration, text``, a row per segment in order of onset.

    Onset and duration in seconds, to the millisecond. Where the story names who speaks, a column ``speaker`` says it,
    several joined by semicolons. A text that a spreadsheet would compute gets an apostrophe.
    """
    return csv_text(_segments_table(segments), digits=12).encode("utf-8")


def _ratings_table(ratings: Ratings) -> pd.DataFrame:
    import pandas as pd

    times = {"onset": ratings.onset_s, "duration": ratings.duration_s}
    return pd.DataFrame({**times, **dict(zip(ratings.emotions, ratings.values.T, strict=True))})


def _segments_table(segments: Segments) -> pd.DataFrame:
    import pandas as pd

    width = len(str(len(segments)))
    return pd.DataFrame(
        {
            "id": [f"s{number + 1:0{width}d}" for number in range(len(segments))],
            "onset": np.round(np.asarray(segments.onset_s, dtype=np.float64), TIME_DECIMALS),
            "duration": np.round(np.asarray(segments.duration_s, dtype=np.float64), TIME_DECIMALS),
            **({"speaker": ["; ".join(names) for names in segments.speakers]} if segments.speakers else {}),
            "text": segments.texts,
        }
    )
