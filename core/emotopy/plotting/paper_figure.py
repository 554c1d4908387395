"""Figures of a paper's size, saved with the same bytes each time, whatever the process has set for its own.

matplotlib reads the type of a PDF's fonts and the names within an SVG from `rcParams`, which belong to the process.
Copies of its two backends, made here and known to nobody else, read ours instead.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emotopy.errors import InputError, listed
from emotopy.once import once
from emotopy.plotting.formats import FORMATS
from emotopy.storage.results import write_files

MM_PER_INCH = 25.4
DPI = 600
"""Of a PNG: what journals ask of line art with text."""
SETTINGS = {
    "pdf.fonttype": 42,  # TrueType, which journals take; matplotlib's own 3 is refused by some
    "pdf.compression": 6,
    "pdf.use14corefonts": False,
    "pdf.inheritcolor": False,
    "svg.fonttype": "path",  # the same letters on machines without the font
    "svg.hashsalt": "emotopy",
    "svg.image_inline": True,
    "svg.id": None,
}


class _Settings(Mapping[str, Any]):
    """matplotlib's settings, ours on top."""

    def __getitem__(self, name: str) -> Any:
        theirs: Any = mpl.rcParams
        return SETTINGS[name] if name in SETTINGS else theirs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(mpl.rcParams)

    def __len__(self) -> int:
        return len(mpl.rcParams)


class _Matplotlib:
    """The package as a backend sees it."""

    rcParams = _Settings()  # noqa: N815 (matplotlib's name)

    def __getattr__(self, name: str) -> Any:
        return getattr(mpl, name)


@once
def _backend(name: str) -> Any:
    """Return a copy of a backend of matplotlib's that reads our settings, a module of a name of its own."""
    theirs = importlib.util.find_spec(f"matplotlib.backends.backend_{name}")
    assert theirs is not None
    own = f"matplotlib.backends.backend_{name}_of_emotopy"  # in their package, for what it imports from beside it
    spec = importlib.util.spec_from_file_location(own, theirs.origin)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[own] = module  # where it looks itself up
    spec.loader.exec_module(module)
    module.mpl = _Matplotlib()
    return module


class PaperFigure(Figure):
    """A figure of matplotlib's, of a size in millimetres, whose PNG, SVG and PDF have the same bytes each time.

    Parameters
    ----------
    width_mm, height_mm
        The size on paper.
    """

    def __init__(self, width_mm: float, height_mm: float) -> None:
        super().__init__(
            figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH),
            dpi=150,
            facecolor="white",
            edgecolor="white",
            layout="constrained",
        )
        FigureCanvasAgg(self)
        self.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.04, hspace=0.06)  # type: ignore[union-attr,call-arg]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height on paper, in millimetres."""
        width, height = self.get_size_inches() * MM_PER_INCH
        return float(width), float(height)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as PNG, SVG or PDF as `save` does; other formats and options as matplotlib does.

        Parameters
        ----------
        fname
            A path, or a file that is open for bytes.
        **options
            `format` and `dpi` as in matplotlib.
        """
        is_path = isinstance(fname, str | os.PathLike)
        chosen = str(options.get("format") or (Path(fname).suffix[1:] if is_path else "png")).lower()
        if chosen not in FORMATS or options.keys() - {"format", "dpi"}:
            super().savefig(fname, **options)
            return
        content = figure_bytes(self, chosen, dpi=options.get("dpi") or DPI)
        if is_path:
            Path(fname).write_bytes(content)
        else:
            fname.write(content)

    def _repr_png_(self) -> bytes:
        """Return the picture that notebooks show."""
        return figure_bytes(self, "png", dpi=150)


def figure_bytes(figure: Figure, format: str, *, dpi: float = DPI) -> bytes:  # noqa: A002 (matplotlib's word)
    """Return a figure as a file's content: fonts embedded, no date, no name of a program.

    Parameters
    ----------
    figure
        Any figure of matplotlib's.
    format
        ``png``, ``svg`` or ``pdf``.
    dpi
        Dots per inch of a PNG, and of what is drawn as dots in the others; 600 by default.

    Raises
    ------
    InputError
        The format is another one.
    """
    if format not in FORMATS:
        raise InputError(
            f"format: wanted one of {listed(FORMATS)}, got {format!r:.40}",
            wanted=f"one of {listed(FORMATS)}",
            got=f"{format!r:.40}",
        )
    held, canvas_before, dpi_before = io.BytesIO(), figure.canvas, figure.dpi
    try:
        if format == "png":
            figure.dpi = dpi
            canvas: Any = FigureCanvasAgg(figure)
            canvas.print_png(held, metadata={"Software": None})
        elif format == "svg":
            text: IO[str] = io.TextIOWrapper(held, "utf-8", errors="replace", newline="\n", write_through=True)
            _backend("svg").FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None, "Creator": None})
            text.detach()  # type: ignore[attr-defined]
        else:
            metadata = dict.fromkeys(("CreationDate", "Creator", "Producer"))
            _backend("pdf").FigureCanvasPdf(figure).print_pdf(held, metadata=metadata)
    finally:
        figure.set_canvas(canvas_before)
        figure.dpi = dpi_before
    return held.getvalue()


def save(figure: Figure, *paths: str | Path, dpi: float = DPI, force: bool = False) -> None:
    """Save a figure, in the format that each name ends in: all files appear, or none.

    Parameters
    ----------
    figure
        Any figure of matplotlib's.
    paths
        Files that end in .png, .svg or .pdf.
    dpi
        As for `figure_bytes`.
    force
        Replace files that are there.

    Raises
    ------
    InputError
        A name ends otherwise.
    OutputError
        A file is there, or can't be written.
    """
    write_files(
        {Path(path): figure_bytes(figure, Path(path).suffix[1:].lower(), dpi=dpi) for path in paths}, force=force
    )
