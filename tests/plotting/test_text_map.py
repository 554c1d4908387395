"""The map of texts: what is drawn where, how clusters are called, and what the scale of colours leaves out."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.plotting.test_figures import HOSTILE, check_whole, shown

from emotopy.errors import NoFigure
from emotopy.plotting.text_map import text_map
from emotopy.running.figures import Plots


def with_tables(result, **tables):
    return attrs.evolve(result, tables={**result.tables, **tables})


def clusters(*words):
    return pd.DataFrame({"group": "all", "cluster": range(len(words)), "top_words": list(words)})


def test_points_lie_at_their_places_and_a_unit_is_as_long_in_both_directions(texts):
    result = texts()
    figure = Plots(result).text_map(colour_by="intensity")
    axes = figure.axes[0]
    table = result.tables["texts"]
    drawn = np.vstack([one.get_offsets() for one in axes.collections])
    np.testing.assert_allclose(np.sort(drawn[:, 0]), np.sort(table["map_x"]))
    box = axes.get_window_extent()
    scales = box.width / np.ptp(axes.get_xlim()), box.height / np.ptp(axes.get_ylim())
    assert scales[0] == pytest.approx(scales[1], rel=1e-6)


def test_clusters_are_named_by_their_first_words(texts):
    figure = Plots(with_tables(texts(), clusters=clusters("dog, cat, cow, pig", ""))).text_map()
    assert {"0: dog, cat, cow", "cluster 1"} <= shown(figure)


def test_clusters_of_several_fits_have_no_words(texts):
    """Their numbers stand for something else in each."""
    both = pd.concat([clusters("dog", "cat"), clusters("rain", "sun").assign(group="exams")])
    assert {"cluster 0", "cluster 1"} <= shown(Plots(with_tables(texts(), clusters=both)).text_map())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("width", ["one", "two", 40])
def test_hostile_words_and_groups(texts, width):
    result = texts()
    names = [HOSTILE[i % len(HOSTILE)] for i in range(30)]
    result = with_tables(
        result,
        texts=result.tables["texts"].assign(group=names),
        clusters=clusters(*(", ".join([h] * 3) for h in HOSTILE)),
    )
    check_whole(Plots(result).text_map(width=width))
    check_whole(Plots(result).text_map(width=width, colour_by="group"))


def test_one_value_does_not_make_the_others_pale(rng):
    """The scale ends among the usual ones; how many lie beyond is said."""
    x, y, values = rng.standard_normal((3, 200))
    values[7] = 1000.0
    figure = text_map(x, y, values=values, title_of_scale="profile")
    assert figure.axes[0].collections[-1].norm.vmax < 5
    assert any("of 200" in text for text in shown(figure))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values", [np.zeros(9), np.full(9, np.nan), np.r_[np.zeros(8), 5.0], np.arange(9.0), np.full(9, -2.0)]
)
@pytest.mark.parametrize("flat", [True, False])
def test_any_values_and_places(values, flat):
    x = np.zeros(9) if flat else np.arange(9.0) * 1e-8
    check_whole(text_map(x, np.zeros(9), values=values, title_of_scale="value"))
    check_whole(text_map(x, np.zeros(9), classes=[("one", values > 0)]))


def test_without_places_there_is_no_map(texts):
    result = texts()
    empty = with_tables(result, texts=result.tables["texts"].assign(map_x=np.nan))
    assert "text_map" not in Plots(empty).available
    with pytest.raises(NoFigure):
        Plots(empty).text_map()
