"""How every figure looks: sizes, colours, letters; given to matplotlib piece by piece, its settings stay untouched."""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.once import once
from emotopy.records import ALL_TEXTS, FloatArray
from emotopy.records.regions import label_of_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

    from emotopy.plotting.paper_figure import PaperFigure

Width = Literal["one", "two"] | float
"""``one`` or ``two`` columns of a journal's page, or millimetres."""
WIDTHS_MM = {"one": 89.0, "two": 183.0}
SMALLEST_MM, LARGEST_MM = 20.0, 1000.0
FONT = ("DejaVu Sans",)
"""matplotlib brings it along, so that figures look alike on every machine."""
SIZE, SMALL, TINY = 7.0, 6.0, 5.0
"""Of letters, in points; journals ask for 5 to 7."""
INK, GREY, FAINT, BAND = "#1a1a1a", "#6b6b6b", "#c9c9c9", "#e4e4e4"
SIGNED = ("#fff4d2", "#edcf8f", "#b3b1ae", "#4f7ab8", "#0a2352")
"""Colours from the lowest value by zero to the highest: warm below, cold above, and darker is more. Luminance falls all
the way, so that grey print and readers of any colour vision order values rightly; yellow against blue is the axis that
most of them keep."""
UNSIGNED = ("#f6f8fb", "#c3d3e8", "#86a7d0", "#4f7ab8", "#0a2352")
"""The same from zero to the highest value, where none lies below."""
LONGEST = 42
"""Characters of a name; longer ones are cut."""


@attrs.frozen
class Line:
    """How a series is drawn: colour, dashes and marker all differ, so that grey is enough."""

    colour: str
    dashes: Any
    marker: str


LINES = (
    Line("#0072B2", "-", "o"),
    Line("#D55E00", (0, (4, 1.5)), "s"),
    Line("#009E73", (0, (1, 1.2)), "^"),
    Line("#111111", (0, (5, 1.5, 1, 1.5)), "D"),
    Line("#CC79A7", (0, (8, 2)), "v"),
    Line("#E69F00", (0, (3, 1, 1, 1, 1, 1)), "P"),
)
"""Colours of Okabe and Ito (2008), which readers with any kind of colour vision tell apart."""


def width_mm(width: Width) -> float:
    """Return a width in millimetres.

    Raises InputError for a word that isn't ``one`` or ``two``, or a number outside 20 to 1000.

    >>> width_mm("one"), width_mm(120)
    (89.0, 120.0)
    """
    found = WIDTHS_MM.get(width) if isinstance(width, str) else float(width)
    if found is None or not SMALLEST_MM <= found <= LARGEST_MM:
        wanted = f"'one', 'two', or {SMALLEST_MM:g} to {LARGEST_MM:g} millimetres"
        raise InputError(f"width: wanted {wanted}, got {width!r:.40}", wanted=wanted, got=f"{width!r:.40}")
    return found


def new_figure(width: Width, height_mm: float) -> PaperFigure:
    """Return an empty figure; its height is cut to what one page of a journal holds twice over."""
    from emotopy.plotting.paper_figure import PaperFigure

    return PaperFigure(width_mm(width), min(max(height_mm, SMALLEST_MM), LARGEST_MM))


def panels(
    ax: Any, width: Width, height_mm: float, n_rows: int, n_columns: int, n_panels: int | None = None, **options: Any
) -> tuple[Any, list[Axes]]:
    """Return a figure and the axes of its panels: those given, or of a new figure in rows and columns.

    Raises InputError where other than one axes for each panel is given.
    """
    n_panels = n_rows * n_columns if n_panels is None else n_panels
    if ax is not None:
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != n_panels:
            wanted = "one axes" if n_panels == 1 else f"a list of {n_panels} axes"
            raise InputError(
                f"ax: wanted {wanted}, one for each panel, got {len(given)}; choose fewer panels or give more axes",
                wanted=wanted,
                got=str(len(given)),
                advice="choose fewer panels or give more axes",
            )
        return given[0].figure, given
    figure = new_figure(width, height_mm)
    grid = np.ravel(figure.subplots(n_rows, n_columns, squeeze=False, **options))
    for spare in grid[n_panels:]:
        spare.remove()
    return figure, list(grid[:n_panels])


def clean(text: object, most: int = LONGEST) -> str:
    r"""Return a name as a figure shows it: one line, nothing that can't be seen, cut where it is long.

    >>> clean("two\nlines\u202e and $more$")
    'two lines and $more$'
    """
    shown = str(text).encode("utf-8", "replace").decode("utf-8")
    shown = "".join(" " if c.isspace() else c for c in shown if c.isspace() or unicodedata.category(c)[0] != "C")
    shown = re.sub(" +", " ", shown).strip() or "(no name)"
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def region_label(target: str) -> str:
    """Return what a figure calls a region or node."""
    return clean(label_of_value(target))


def group_label(name: str) -> str:
    """Return what a figure calls a group."""
    return "all texts" if name == ALL_TEXTS else clean(name)


def letters(size: float = SIZE, colour: str = INK, **more: Any) -> dict[str, Any]:
    """Return the properties of text: our font, and nothing in it read as a formula or as TeX."""
    return {"fontfamily": list(FONT), "fontsize": size, "color": colour, "parse_math": False, "usetex": False,
            "fontstyle": "normal", "fontweight": "normal", **more}  # fmt: skip


def dress(ax: Axes, *, spines: Sequence[str] = ("left", "bottom"), grid: Literal["x", "y"] | None = None) -> None:
    """Give axes their lines, ticks and letters."""
    ax.set_facecolor("white")
    ax.set_axisbelow(True)
    ax.minorticks_off()
    ax.margins(x=0.05, y=0.05)
    for name, spine in ax.spines.items():
        spine.set(visible=name in spines, color=INK, linewidth=0.6)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_tick_params(
            which="major", direction="out", length=2, width=0.6, color=INK, labelsize=SMALL, labelcolor=INK, pad=2,
            labelfontfamily=list(FONT),
        )  # fmt: skip
        axis.get_offset_text().set(**letters(SMALL))
    ax.grid(visible=False)
    if grid is not None:
        ax.grid(visible=True, axis=grid, color=BAND, linewidth=0.5, linestyle="-", alpha=1)


def number_axis(axis: Any, most: int = 5) -> None:
    """Number an axis in plain digits with a true minus, whatever the process has set."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: signless(value)))


def signless(value: float) -> str:
    """Write a number of an axis.

    >>> signless(-0.25), signless(1000.0), signless(0.0)
    ('−0.25', '1000', '0')
    """
    return f"{round(value, 10) + 0.0:.6g}".replace("-", "−")


def mark_ticks(axis: Any, names: Sequence[str], size: float = SMALL, **more: Any) -> None:
    """Put a name at 0, 1, 2, ... of an axis."""
    axis.set_ticks(range(len(names)), list(names), **letters(size, **more))
    axis.set_tick_params(which="major", length=0)


@once
def _map(stops: tuple[str, ...]) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("emotopy", list(stops), N=256)


def colours(norm: Normalize) -> Colormap:
    """Return the colours of a scale; luminance falls from the lowest value to the highest."""
    return _map(SIGNED if norm.vmin is not None and norm.vmin < 0 else UNSIGNED)


def scale(values: FloatArray) -> Normalize:
    """Return the scale of values: around zero where there are any below it, else from zero."""
    from matplotlib.colors import Normalize

    known = values[np.isfinite(values)]
    limit = round_up(float(np.abs(known).max())) if known.size else 1.0
    return Normalize(-limit if (known < 0).any() else 0.0, limit)


def round_up(value: float) -> float:
    """Return the next number of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × a power of ten that isn't below; 1 for zero.

    >>> round_up(0.37), round_up(0.0)
    (0.4, 1.0)
    """
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(float(f"{step * power:.6g}") for step in steps if step * power >= value * (1 - 1e-9))


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour (WCAG 2), 0 to 1."""
    from matplotlib.colors import to_rgb

    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def ink_on(colour: Any) -> str:
    """Return black or white, whichever is read better on a colour."""
    return "white" if luminance(colour) < 0.18 else "black"


def colour_bar(
    figure: Any, axes: Sequence[Axes], norm: Normalize, text: str, room_mm: float, *, below: bool = False
) -> None:
    """Draw the scale of colours beside the panels, or below them; its title is cut into lines that fit the room."""
    from matplotlib.cm import ScalarMappable

    place: dict[str, Any] = (
        {"location": "bottom", "shrink": 0.5, "aspect": 30} if below else {"location": "right", "aspect": 25}
    )
    bar = figure.colorbar(ScalarMappable(norm, colours(norm)), ax=list(axes), fraction=0.04, pad=0.02, **place)
    bar.ax.set_facecolor("white")
    bar.ax.minorticks_off()
    bar.outline.set(linewidth=0.6, edgecolor=INK)
    axis = bar.ax.xaxis if below else bar.ax.yaxis
    axis.set_tick_params(
        length=2, width=0.6, color=INK, labelsize=SMALL, labelcolor=INK, labelfontfamily=list(FONT), pad=1.5
    )
    number_axis(axis, 4 if below else 5)
    bar.set_label(textwrap.fill(text, max(int(room_mm / KEY_LETTER_MM), 12)), labelpad=3, **letters(SMALL))


def finish(figure: Any, ax: Any) -> Any:
    """Lay out a figure of ours for good, so that it is the same however often and in whatever form it is saved."""
    if ax is None:
        for axis in (one for axes in figure.axes for one in (axes.xaxis, axes.yaxis)):
            for text in axis.get_ticklabels():  # numbers on axes, which the locator made
                text.set(parse_math=False, usetex=False, fontweight="normal", fontstyle="normal")
        for _ in range(2):  # what stands outside the panels moves them once more
            figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return figure


NOTE_LINE_MM, NOTE_LETTER_MM, KEY_LETTER_MM, KEY_MM = 2.6, 1.05, 1.3, 10.0


def note_lines(text: str, across_mm: float) -> list[str]:
    """Return a note in lines that fit a figure of this width."""
    return textwrap.wrap(text, max(int((across_mm - 6) / NOTE_LETTER_MM), 20))


def note_mm(text: str, width: Width) -> float:
    """Return the height that a note takes, in millimetres."""
    lines = note_lines(text, width_mm(width))
    return 1.5 + NOTE_LINE_MM * len(lines) if lines else 0.0


def note(figure: Any, text: str) -> None:
    """Say below a figure what it leaves out; nothing where there is no figure of ours."""
    if text and figure is not None:
        lines = note_lines(text, figure.size_mm[0])
        figure.supxlabel("\n".join(lines), **letters(TINY, GREY), ha="center")


def key_columns(names: Sequence[str], width: Width) -> int:
    """Return how many entries of a key stand side by side."""
    longest = max((len(short(name, width)) for name in names), default=1)
    return max(1, min(len(names), 4, int((width_mm(width) - 4) / (longest * KEY_LETTER_MM + KEY_MM))))


def key_mm(names: Sequence[str], width: Width) -> float:
    """Return the height that a key takes, in millimetres; none for one name."""
    return 2.0 + 3.4 * -(-len(names) // key_columns(names, width)) if len(names) > 1 else 0.0


def short(name: str, width: Width) -> str:
    """Return a name cut to what fits a line of a key."""
    return clean(name, max(8, min(LONGEST, int((width_mm(width) - 4 - KEY_MM) / KEY_LETTER_MM))))


def legend(ax: Any, handles: Sequence[Any], names: Sequence[str], width: Width, *, above: bool) -> None:
    """Draw a key without a frame, above a figure's panels or within axes."""
    from matplotlib.font_manager import FontProperties

    place = {"loc": "outside upper center", "ncols": key_columns(names, width)} if above else {"loc": "best"}
    drawn = ax.legend(
        handles,
        [short(name, width) for name in names],
        frameon=False,
        prop=FontProperties(family=list(FONT), size=SMALL),
        handlelength=2.6,
        handletextpad=0.5,
        columnspacing=1.2,
        borderaxespad=0.2,
        labelcolor=INK,
        **place,
    )
    for text in drawn.get_texts():
        text.set(parse_math=False, usetex=False)
