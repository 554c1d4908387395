"""Slices through the values of regions, as `regions.nii.gz` holds them: nilearn's viewer, switched between groups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.records import FloatArray, Node, RegionResult
from emotopy.records.axes import IntArray
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, signed
from emotopy_plugins.reporters.region_values import PlottedValues, RegionNames, RegionTable, group_label
from emotopy_plugins.reporters.tables import target_labels
from emotopy_plugins.reporters.view_img import ViewerError, template_parts, viewer_parts
from emotopy_plugins.shared.label_image import paint

BELOW = ("#14528a", "#3f83bb", "#83b3d8", "#b7d3ea", "#e0ecf6")
"""Colours of the steps −5 to −1, as the variables ``--m5`` to ``--m1`` of ``report.css`` in its light theme."""
ZERO = "#f1efe9"
ABOVE = ("#fbe8d6", "#f6caa0", "#eda262", "#d6752a", "#9c4a06")
"""Colours of the steps 1 to 5, as ``--p1`` to ``--p5``."""
NEAR_ZERO = 0.01
"""What stands for step 0 in the volume that nilearn paints, which leaves zeros transparent."""


@attrs.frozen
class Slices:
    """The viewer, as a part of a page.

    Parameters
    ----------
    context : mapping
        Values of the template ``slices.html.jinja``.
    scripts : tuple of str
        jQuery and brainsprite as nilearn gives them; the page runs them before ``slices.js``, and its policy has to
        allow these and pictures from ``data:``.
    """

    context: Mapping[str, Any] = attrs.field(repr=False)
    scripts: tuple[str, ...] = attrs.field(repr=False)


def region_slices(result: RegionResult, groups: Sequence[int]) -> Slices | None:
    """Return the slices of a result: volumes of ``regions.nii.gz``.

    Parameters
    ----------
    result : RegionResult
        Texts mapped onto regions.
    groups : sequence of int
        The groups to show, as indices of the volumes.

    Returns
    -------
    Slices or None
        None where no group is to be shown, the axis has no coordinates, or the groups have no value.

    Raises
    ------
    ViewerError
        nilearn's viewer can't be had.
    """
    nodes, chosen = list(result.axis.nodes), list(groups)
    shown = RegionTable.of(result).plotted()
    if not nodes or not chosen or not np.isfinite(shown.values[chosen]).any():
        return None
    scale = Scale.around(shown.values)
    some = PlottedValues(shown.measure, tuple(shown.groups[i] for i in chosen), shown.targets, shown.values[chosen])
    labels, affine = target_labels(result, shown.targets)
    return draw_slices(some, scale, labels, affine, nodes, RegionNames.of(result))


def draw_slices(
    shown: PlottedValues,
    scale: Scale,
    labels: IntArray,
    affine: FloatArray,
    nodes: Sequence[Node],
    names: RegionNames,
) -> Slices:
    """Draw the values of groups on slices: one background, an overlay per group.

    A voxel has the colour of its target's step on the scale, as on the glass brains and in the tables; a target without
    a value stays transparent.

    Parameters
    ----------
    shown : PlottedValues
        Values, shape (n_groups, n_targets).
    scale : Scale
        The scale of colours; its `limit` is the end on both sides.
    labels : array of int, three axes
        i + 1 where a voxel belongs to target i, else 0.
    affine : array of float, shape (4, 4)
        Takes voxel indices to MNI millimetres: equal positive steps along each axis, no rotation.
    nodes : sequence of Node
        Where the list of regions leads.
    names : RegionNames
        What targets are called.

    Returns
    -------
    Slices

    Raises
    ------
    ViewerError
        nilearn's viewer can't be had.
    """
    from markupsafe import Markup

    from emotopy_plugins.reporters.page import without_controls

    steps = [[scale.step(float(value)) for value in row] for row in shown.values]
    colours = colour_bins()
    places = _places(nodes, labels, affine, shown.targets, names)
    if not places:
        raise ViewerError("no region has a voxel in the brain")
    ground = template_parts()
    if tuple(ground.params["nbSlice"][axis] for axis in "XYZ") != labels.shape:
        raise ViewerError("nilearn's template lies on another grid")
    volumes = (paint(labels, np.array([_painted(step) for step in row])) for row in steps)
    overlays = [viewer_parts(volume, affine, colours, None).overlay for volume in volumes]
    groups = [without_controls(group_label(name)) for name in shown.groups]
    data = {
        "params": dict(ground.params),
        "origin_mm": [float(x) for x in affine[:3, 3]],
        "step_mm": [float(affine[axis, axis]) for axis in range(3)],
        "start": max(places, key=lambda place: _known(float(abs(shown.values[0, place["target"]]))))["voxel"],
        "colours": [[name, rgb(colour)] for name, colour in step_colours()],
        "runs": label_runs(labels),
        "groups": groups,
        "targets": [names.label(target) for target in shown.targets],
        "values": [[signed(float(value)) for value in row] for row in shown.values],
        "places": [place["voxel"] for place in places],
    }
    context = {
        "background": ground.background,
        "overlays": overlays,
        "groups": groups,
        "places": [place["name"] for place in places],
        "axes": [_axis(axis, affine, labels.shape, data["start"]) for axis in range(3)],
        "measure": shown.measure,
        "data": Markup(script_json(data)),  # noqa: S704 (no character of markup is left)
    }
    return Slices(context, ground.scripts)


# Colours ------------------------------------------------------------------------------------------------------------


def step_colours() -> list[tuple[str, str]]:
    """Return the steps from −5 to 5, each with the name of its variable in the stylesheet and its light colour."""
    below = [(f"--m{step}", colour) for step, colour in zip(range(N_STEPS, 0, -1), BELOW, strict=True)]
    above = [(f"--p{step}", colour) for step, colour in zip(range(1, N_STEPS + 1), ABOVE, strict=True)]
    return [*below, ("--zero", ZERO), *above]


def colour_bins() -> list[str]:
    """Return colours of equal shares of −1 to 1: the steps at both ends reach half as far as the others."""
    ends = (0, 2 * N_STEPS)
    return [colour for i, (_, colour) in enumerate(step_colours()) for _ in range(1 if i in ends else 2)]


def rgb(colour: str) -> list[int]:
    """Return a colour's red, green and blue.

    >>> rgb("#14528a")
    [20, 82, 138]
    """
    return list(bytes.fromhex(colour.removeprefix("#")))


def _painted(step: int | None) -> float:
    """Return what a step is in the volume that nilearn paints: the middle of its share of −1 to 1; 0 is transparent."""
    return 0.0 if step is None else step / N_STEPS or NEAR_ZERO


# Voxels -------------------------------------------------------------------------------------------------------------


def label_runs(labels: IntArray) -> list[int]:
    """Return the labels in a short form: voxels to skip, length, label, and so on; the first axis runs fastest.

    >>> label_runs(np.array([[[0]], [[0]], [[3]], [[3]], [[1]]]))
    [2, 2, 3, 0, 1, 1]
    """
    flat = labels.ravel(order="F")
    starts = np.flatnonzero(np.diff(flat, prepend=flat[:1] - 1))
    lengths = np.diff(starts, append=len(flat))
    of_run = flat[starts]
    found, end = [], 0
    for start, length, value in zip(starts.tolist(), lengths.tolist(), of_run.tolist(), strict=True):
        if value:
            found += [start - end, length, value]
            end = start + length
    return found


def _places(
    nodes: Sequence[Node], labels: IntArray, affine: FloatArray, targets: Sequence[str], names: RegionNames
) -> list[dict[str, Any]]:
    """Return where the list of nodes leads: to the nearest voxel of each that belongs to its target."""
    number = {target: i for i, target in enumerate(targets)}
    to_voxels = np.linalg.inv(affine)
    found = []
    for node in nodes:
        target = number.get(node.name, number.get(node.region))
        near = to_voxels[:3, :3] @ node.xyz_mm + to_voxels[:3, 3]
        voxel = [int(i) for i in np.clip(np.floor(near + 0.5), 0, np.array(labels.shape) - 1)]
        if target is None:
            continue
        if labels[tuple(voxel)] != target + 1:
            own = np.argwhere(labels == target + 1)
            if not len(own):
                continue
            voxel = [int(i) for i in own[((own - near) ** 2).sum(axis=1).argmin()]]
        found.append({"name": names.label(node.name), "target": target, "voxel": voxel})
    return found


def _axis(axis: int, affine: FloatArray, shape: Sequence[int], start: Sequence[int]) -> dict[str, Any]:
    """Return the control of an axis: its name, and its range in millimetres."""
    step, origin = float(affine[axis, axis]), float(affine[axis, 3])
    return {
        "name": "xyz"[axis],
        "ends": (("left", "right"), ("back", "front"), ("bottom", "top"))[axis],
        "low": f"{origin:g}",
        "high": f"{origin + step * (shape[axis] - 1):g}",
        "step": f"{step:g}",
        "at": f"{origin + step * start[axis]:g}",
    }


def _known(value: float) -> float:
    return value if np.isfinite(value) else -1.0


def script_json(value: Any) -> str:
    r"""Return JSON that can stand within a script element.

    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
