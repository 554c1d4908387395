"""The geometry of the glass brain, against nilearn's own drawing; and the scale of its colours."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ShapeError
from emotopy.plotting.glass_brain import LARGEST_MM, SMALLEST_MM, layout, markers, outline
from emotopy.records import Node
from emotopy_plugins.reporters.formatting import Scale, round_up

NODES = [Node("a_left", "a", -20, -5, -18), Node("a_right", "a", 20, -5, -18), Node("b", "b", 0, 45, 20)]


@pytest.mark.parametrize(("name", "direction"), [("side", "x"), ("back", "y"), ("top", "z")])
def test_outlines_are_those_of_nilearn(name, direction):
    """Every point of nilearn's glass brain is in ours, to 0.05 mm, with y running down."""
    from matplotlib.figure import Figure
    from nilearn.plotting.glass_brain import plot_brain_schematics

    axes = Figure().add_subplot()
    plot_brain_schematics(axes, direction)
    back = axes.transData.inverted()
    points = [back.transform(p.get_transform().transform(p.get_path().vertices)) for p in axes.patches]
    wanted = {(round(x * 10), round(y * 10)) for x, y in np.vstack(points)}
    ours = outline(name)
    numbers = [float(n) for _, data in ours.strokes for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", data)]
    found = {(round(x * 10), round(-y * 10)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)}
    assert all(min(abs(x - a) + abs(y - b) for a, b in found) <= 1 for x, y in wanted - found)
    xs, ys = np.array(sorted(wanted)).T / 10
    assert ours.x_mm < xs.min() < xs.max() < ours.x_mm + ours.width_mm
    assert ours.y_mm < -ys.max() < -ys.min() < ours.y_mm + ours.height_mm


def test_drawing_leaves_the_process_as_it_was():
    """Outlines come from nilearn's files: neither nilearn nor matplotlib is imported for them."""
    code = (
        "import sys; from emotopy.plotting.glass_brain import outline; outline('top'); "
        "print([m for m in ('nilearn', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_left_and_right_views_show_their_own_side():
    """A view of one side leaves out the nodes of the other; the midline is in both."""
    views = {view.direction: view for view in layout("node").views}
    seen = {name: {m.node for m in markers(NODES, np.ones(3), view, 1.0)} for name, view in views.items()}
    assert seen == {"left": {0, 2}, "right": {1, 2}, "back": {0, 1, 2}, "top": {0, 1, 2}}


def test_markers_lie_where_their_nodes_are():
    """In the view from above, left is left and the front is up; in the left view the face looks left."""
    top = layout("region").views[2]
    at = {m.node: (m.x_mm - top.shift_x_mm, top.shift_y_mm - m.y_mm) for m in markers(NODES, np.ones(3), top, 1.0)}
    np.testing.assert_allclose([at[0], at[1], at[2]], [(-20, -5), (20, -5), (0, 45)], atol=0.06)
    left = layout("node").views[0]
    at = {m.node: (m.x_mm - left.shift_x_mm, left.shift_y_mm - m.y_mm) for m in markers(NODES, np.ones(3), left, 1.0)}
    np.testing.assert_allclose([at[0], at[2]], [(5, -18), (-45, 20)], atol=0.06)


def test_views_do_not_overlap():
    """Each drawing has its own stretch of the figure, and all lie within it."""
    for level in ("region", "node"):
        plan = layout(level)
        stretches = []
        for view in plan.views:
            drawing = outline(view.outline)
            ends = (drawing.x_mm, drawing.x_mm + drawing.width_mm)
            stretches.append(sorted(view.shift_x_mm + (-x if view.mirrored else x) for x in ends))
        assert all(one[1] <= two[0] for one, two in pairwise(stretches))
        assert stretches[0][0] >= -0.11
        assert stretches[-1][1] <= plan.width_mm + 0.11


def test_the_area_of_a_marker_grows_with_its_value():
    """Area is linear in |value| and ends at the limit; the strongest is drawn last; NaN isn't drawn."""
    nodes = [Node(f"n{i}", "r", i, 0, 0) for i in range(6)]
    values = np.array([0.5, -1.0, 0.0, np.nan, 3.0, -0.25])
    found = markers(nodes, values, layout("region").views[1], 1.0)
    assert [m.node for m in found] == [2, 5, 0, 1, 4]
    assert [m.above for m in found] == [True, False, True, False, True]
    small, large = SMALLEST_MM**2, LARGEST_MM**2
    wanted = [(small + part * (large - small)) ** 0.5 for part in (0, 0.25, 0.5, 1, 1)]
    np.testing.assert_allclose([m.radius_mm for m in found], wanted, atol=0.051)


def test_a_value_per_node_is_needed():
    """Two values for three nodes are refused."""
    with pytest.raises(ShapeError, match="one per node"):
        markers(NODES, np.ones(2), layout("region").views[0], 1.0)


@given(st.floats(1e-12, 1e12))
def test_a_limit_is_round_and_not_far_above(value):
    """The end of the scale covers the value and is at most twice as large."""
    assert value <= round_up(value) <= 2 * value * (1 + 1e-12)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1))
def test_steps_are_symmetric_and_ordered(values):
    """The mirror image of a value has the mirrored step, larger values have no smaller step, all lie within ±5."""
    scale = Scale.around(values)
    finite = sorted(value for value in values if value == value)  # noqa: PLR0124 (NaN)
    steps = [scale.step(value) for value in finite]
    assert steps == sorted(steps)
    assert all(-5 <= step <= 5 for step in steps)
    assert [scale.step(-value) for value in finite] == [-step for step in steps]
    assert scale.step(float("nan")) is None
