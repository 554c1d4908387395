"""Figures of every kind of result: what they show, their size on paper, and what can't be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.text import Text

from emotopy.errors import InputError, NoFigure, ShapeError, UnknownName
from emotopy.plotting.brain import brain
from emotopy.plotting.style import LINES, SIGNED, UNSIGNED, clean, colours, luminance, round_up, scale
from emotopy.records import Node
from emotopy.running.figures import FIGURES, Plots
from emotopy.testing.example_results import ExampleResult, example_results

HOSTILE = (
    "$\\frac{a}{b$", "two\nlines", "שלום עולם", "مرحبا", "<script>alert(1)</script>",
    "x" * 300, "a_b^c", "\u202egnp.exe",
    "$$", "", "100 %",
)  # fmt: skip


def check_whole(figure):
    """Nothing is cut: all that is drawn lies within the figure."""
    width, height = figure.get_size_inches()
    box = figure.get_tightbbox()
    assert box.x0 > -0.01
    assert box.y0 > -0.01
    assert box.x1 < width + 0.01
    assert box.y1 < height + 0.01


def shown(figure):
    return {text.get_text() for text in figure.findobj(Text)}


@pytest.mark.parametrize("name", ["brain", "heatmap", "forest", "course", "text_map"])
def test_texts(name, texts):
    figure = getattr(Plots(texts()), name)()
    check_whole(figure)
    assert figure.size_mm[0] in (pytest.approx(89), pytest.approx(183))


@pytest.mark.parametrize("name", ["brain", "heatmap", "forest"])
@pytest.mark.parametrize("groups", [("a", "b"), ("a", "b", "c", "d")])
def test_comparisons(name, groups, comparison):
    check_whole(getattr(Plots(comparison(groups)), name)())


@pytest.mark.parametrize("name", ["heatmap", "course", "scores", "networks"])
@pytest.mark.parametrize("n", [1, 2, 40])
def test_decodings(name, n, decoding):
    emotions = tuple(f"emotion number {i}" for i in range(n))
    figure = getattr(Plots(decoding(emotions)), name)()
    check_whole(figure)


@pytest.mark.parametrize("n", [0, 1, 60])
@pytest.mark.parametrize("name", ["brain", "heatmap", "forest"])
def test_any_number_of_groups(name, n, texts):
    figure = getattr(Plots(texts(tuple(f"group {i}" for i in range(n)))), name)()
    check_whole(figure)
    if n == 60 and name != "heatmap":
        assert any("of 60 groups" in text for text in shown(figure)), "what isn't shown is said"


@pytest.mark.parametrize("name", ["brain", "heatmap", "forest", "course"])
@pytest.mark.filterwarnings("error")
def test_hostile_names_are_shown_as_they_are(name, texts):
    result = texts(HOSTILE)
    groups = {"groups": list(HOSTILE[:2])} if name == "course" else {}
    figure = getattr(Plots(result), name)(**groups)
    check_whole(figure)
    for one in ("png", "svg", "pdf"):
        from emotopy.plotting.paper_figure import figure_bytes

        content = figure_bytes(figure, one, dpi=50)
        assert b"<script" not in content


def test_values_are_those_of_the_table(texts):
    """The heat map's cells, whose colours come from the mesh, hold the table's values; a missing one is hatched."""
    result = texts()
    figure = Plots(result).heatmap(groups=["holidays", "exams"])
    table = result.tables["regions"].pivot_table(
        index="region", columns="group", values="relative", sort=False, dropna=False
    )
    wanted = table[["holidays", "exams"]].to_numpy()
    (mesh,) = figure.axes[0].collections
    np.testing.assert_array_equal(np.asarray(mesh.get_array().filled(np.nan)).reshape(wanted.shape), wanted)
    hatched = {(int(p.get_y()), int(p.get_x())) for p in figure.axes[0].patches if p.get_hatch()}
    assert hatched == set(zip(*map(np.ndarray.tolist, np.nonzero(np.isnan(wanted))), strict=True))


def test_a_forest_has_the_effects_in_order_and_fills_what_is_sure(comparison):
    result = comparison()
    figure = Plots(result).forest(measure="intensity")
    mine = result.tables["comparison"].query("measure == 'intensity'").sort_values("g", ascending=False)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["raphe nuclei (brainstem)", "caudate (left)", "insula", "amygdala"]
    filled, hollow = (line for line in figure.axes[0].lines if line.get_linestyle() == "None")
    assert sorted(filled.get_xdata(), reverse=True) == mine.loc[mine["p_family"] < 0.05, "g"].tolist()
    assert sorted(hollow.get_xdata(), reverse=True) == mine.loc[mine["p_family"] >= 0.05, "g"].tolist()


def test_a_course_shows_the_mean_over_listeners_and_breaks_between_blocks(decoding):
    result = decoding()
    figure = Plots(result).course(emotions="joy")
    decoded = figure.axes[0].lines[-2]
    mine = result.tables["predictions"].query("emotion == 'joy' and features == 'sliding-window'")
    wanted = mine.groupby("centre_s")["prediction"].mean()
    values = np.asarray(decoded.get_ydata())
    np.testing.assert_allclose(values[np.isfinite(values)], wanted)
    assert np.flatnonzero(np.isnan(values)).tolist() == [8, 17]


def test_markers_are_larger_and_darker_for_higher_values():
    nodes = [Node(str(i), str(i), 0, -40 + 20 * i, 0) for i in range(5)]
    figure = brain(nodes, np.array([[-1.0, -0.5, 0.1, 0.5, 1.0]]), ["x"], title_of_scale="v")
    circles = [p for p in figure.axes[0].patches if type(p).__name__ == "Circle"][:5]
    ordered = sorted(circles, key=lambda circle: luminance(circle.get_facecolor()), reverse=True)
    assert [round(c.center[0]) for c in ordered] == sorted(round(c.center[0]) for c in circles)
    across = [c for c in figure.axes[0].collections if type(c).__name__ == "LineCollection"]
    assert len(across) == 3 * 2, "the sign is there without colour: a bar across the two below zero, in each view"


@pytest.mark.parametrize("stops", [SIGNED, UNSIGNED])
def test_colours_are_readable_in_grey(stops):
    """Luminance falls strictly along the whole scale, far enough for print."""
    norm = scale(np.array([-1.0, 1.0] if stops is SIGNED else [0.0, 1.0]))
    light = [luminance(colours(norm)(x)) for x in np.linspace(0, 1, 256)]
    assert (np.diff(light) < 0).all()
    assert light[0] - light[-1] > 0.8


def test_colours_stay_apart_without_red_or_green():
    """Two halves of the signed scale, seen without the red or the green cones, still differ in hue beside luminance."""
    # Viénot, Brettel & Mollon (1999), Color Research & Application 24: linear RGB of protan and deutan readers
    seen = {
        "protan": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
        "deutan": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    }
    norm = scale(np.array([-1.0, 1.0]))
    ends = np.array([colours(norm)(x)[:3] for x in (0.25, 0.75)]) ** 2.2
    for matrix in seen.values():
        warm, cold = ends @ matrix.T
        assert warm[2] < warm[0], "yellow below zero"
        assert cold[2] > cold[0], "blue above it"


def test_lines_differ_in_more_than_colour():
    assert len({str(line.dashes) for line in LINES}) == len({line.marker for line in LINES}) == len(LINES)


@given(st.floats(1e-6, 1e9))
def test_a_limit_is_just_above_its_value(value):
    assert value * (1 - 1e-6) <= round_up(value) <= value * 2


@given(st.text(max_size=80))
def test_a_name_is_one_visible_line(text):
    shown_name = clean(text + "\ud800")
    assert shown_name
    assert len(shown_name) <= 42
    assert len(shown_name.splitlines()) == 1
    shown_name.encode("utf-8")


@pytest.mark.parametrize(("width", "wanted"), [("one", 89), ("two", 183), (120, 120)])
def test_widths(width, wanted, texts):
    assert Plots(texts()).heatmap(width=width).size_mm[0] == pytest.approx(wanted)


@pytest.mark.parametrize("width", ["three", 5, 5000, float("nan")])
def test_wrong_widths(width, texts):
    with pytest.raises(InputError) as caught:
        Plots(texts()).heatmap(width=width)
    assert caught.value.wanted


def test_axes_of_ones_own(texts, comparison, decoding):
    """What is given is drawn in: one axes for one panel, a list for several; the figure stays the user's."""
    figure = Figure()
    axes = figure.subplots(2, 2)
    assert Plots(texts()).heatmap(ax=axes[0, 0]) is figure
    assert Plots(texts()).brain(ax=axes[0, 1]) is figure
    assert Plots(comparison()).forest(ax=list(axes[1])) is figure
    assert Plots(decoding()).course(emotions="joy", ax=Figure().subplots()) is not figure
    with pytest.raises(InputError) as caught:
        Plots(comparison()).forest(ax=axes[0, 0])
    assert caught.value.got == "1"


def test_every_kind_has_its_figures(texts, comparison, decoding):
    kinds = {result.kind: Plots(result).available for result in (texts(), comparison(), decoding(), *example_results())}
    assert set().union(*(Plots(one).available for one in (texts(), comparison(), decoding()))) == set(FIGURES)
    assert kinds["experiment"] == kinds["weather"] == ()
    assert kinds["bridge"] == ("brain", "heatmap", "scores")
    bridge = next(result for result in example_results() if result.kind == "bridge")
    for name in ("heatmap", "scores"):
        check_whole(getattr(Plots(bridge), name)())


@pytest.mark.parametrize("result", example_results(), ids=lambda result: result.kind)
def test_a_figure_that_a_result_lacks(result):
    for name in set(FIGURES) - set(Plots(result).available):
        with pytest.raises(NoFigure) as caught:
            getattr(Plots(result), name)()
        assert caught.value.figure == name
        assert caught.value.kind == result.kind
        assert caught.value.available == Plots(result).available
        assert caught.value.wanted


def test_what_is_asked_for_and_is_not_there(texts, comparison, decoding):
    with pytest.raises(UnknownName) as unknown:
        Plots(texts()).heatmap(groups="exam")
    assert (unknown.value.name, unknown.value.kind) == ("exam", "groups")
    with pytest.raises(UnknownName):
        Plots(decoding()).course(emotions=["fear", "dread"])
    for wrong in (
        lambda: Plots(texts()).heatmap(measure="size"),
        lambda: Plots(comparison()).forest(pair=("holidays", "exams")),
        lambda: Plots(texts()).heatmap(emotions="joy"),
        lambda: Plots(texts()).heatmap(groups=[]),
    ):
        with pytest.raises(InputError) as caught:
            wrong()
        assert caught.value.wanted
        assert caught.value.got


def test_a_brain_needs_places(decoding):
    """They come from the result, from the atlas that its provenance names, or from the user."""
    bare = decoding()
    with pytest.raises(NoFigure):
        Plots(bare).brain()
    nodes = [
        Node(name, name, 10.0 * i, 0, 0)
        for i, name in enumerate(("amygdala", "insula", "caudate_left", "raphe_nuclei"))
    ]
    check_whole(Plots(bare).brain(nodes=nodes))
    known = decoding(regions=("amygdala", "insula", "raphe_nuclei"))
    named = ExampleResult(
        "decoding", known.tables, {"input": {"atlas": {"use": "affect18", "owner": "emotopy", "options": {}}}}
    )
    check_whole(Plots(named).brain())
    elsewhere = ExampleResult("decoding", known.tables, {"input": {"atlas": {"use": "nobodys"}}})
    with pytest.raises(NoFigure):
        Plots(elsewhere).brain()


def test_values_must_fit():
    with pytest.raises(ShapeError):
        brain([Node("a", "a", 0, 0, 0)], np.ones((1, 2)), ["x"], title_of_scale="v")


def test_no_name_is_added_to_those_of_matplotlib():
    before = set(colormaps)
    colours(scale(np.array([-1.0, 1.0])))
    assert set(colormaps) == before
