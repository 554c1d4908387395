"""Nodes on a voxel grid: the label image of an atlas, and values painted onto it.

The rule: a voxel of the brain mask that lies within the radius of a node belongs to that node; within the radii of
several, to the nearest of them; equally near, to the one that stands first. So spheres may overlap and no voxel counts
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotopy.once import once
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.regions import Node

MASK = Path(__file__).parent / "data" / "mni152_mask_2mm.npz"
"""nilearn's MNI152 brain mask at 2 mm, one bit a voxel. To make it, nilearn resamples its template at each call, which
takes longer than mapping a thousand texts onto regions; a test holds the copy against the original."""
EDGE_MM = 1e-6
"""Slack on the radius, so that rounding in an affine doesn't decide about voxels that lie exactly on the sphere."""


def label_nodes(nodes: Sequence[Node], mask: npt.NDArray[np.bool_], affine: FloatArray) -> IntArray:
    """Return the label array of `nodes` on a grid: int32, shaped as `mask`, 0 = none, i + 1 = `nodes[i]`.

    `mask` (three axes) says which voxels are brain; `affine` (4, 4) takes voxel indices to MNI millimetres, and may
    flip, rotate or shear. A node without a voxel of its own is simply absent.
    """
    labels = np.zeros(mask.shape, dtype=np.int32)
    nearest_mm2 = np.full(mask.shape, np.inf)
    for number, node in enumerate(nodes, start=1):
        box = _box_around(node, mask.shape, affine)
        distance_mm2 = _squared_distances(node, box, affine)
        within = mask[box] & (distance_mm2 <= (node.radius_mm + EDGE_MM) ** 2) & (distance_mm2 < nearest_mm2[box])
        labels[box][within] = number
        nearest_mm2[box][within] = distance_mm2[within]
    return labels


def label_regions(
    nodes: Sequence[Node], regions: Sequence[str], mask: npt.NDArray[np.bool_], affine: FloatArray
) -> IntArray:
    """Return the label array of `regions`: i + 1 in the voxels of every node of `regions[i]`, else as `label_nodes`."""
    number_of = {region: number for number, region in enumerate(regions, start=1)}
    of_node = np.array([0, *(number_of[node.region] for node in nodes)], dtype=np.int32)
    return of_node[label_nodes(nodes, mask, affine)]


def paint(labels: IntArray, values: npt.NDArray[Any], background: float = 0.0) -> npt.NDArray[Any]:
    """Give every voxel the value of its label: (n_labels,) → 3-D; (n_volumes, n_labels) → 4-D, volumes last.

    Voxels without a label get `background`. Floats keep their precision, other values become float64.

    >>> paint(np.array([[[0, 1, 2]]]), np.array([0.5, -3.0]))
    array([[[ 0. ,  0.5, -3. ]]])
    """
    values = np.asarray(values)
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    table = np.concatenate([np.full((*values.shape[:-1], 1), background, values.dtype), values], axis=-1)
    return table.T[labels]


@once
def brain_mask(resolution_mm: int = 2) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Return the MNI152 brain mask that nilearn bundles (ICBM 2009a, symmetric): mask (read-only), affine (4, 4).

    At 2 mm it is read from a file of ours; at other resolutions nilearn makes it.
    """
    if resolution_mm == 2:
        with np.load(MASK, allow_pickle=False) as stored:
            shape = tuple(int(n) for n in stored["shape"])
            mask = np.unpackbits(stored["bits"], count=int(np.prod(shape))).astype(bool).reshape(shape)
            affine = np.array(stored["affine"], dtype=float)
    else:
        from nilearn.datasets import load_mni152_brain_mask

        image = load_mni152_brain_mask(resolution=resolution_mm)
        mask = np.asarray(image.dataobj).astype(bool)
        affine = np.array(image.affine, dtype=float)
    mask.flags.writeable = affine.flags.writeable = False
    return mask, affine


def brain_mask_on(shape: tuple[int, ...], affine: FloatArray) -> npt.NDArray[np.bool_]:
    """Return the MNI152 brain mask on another grid (`shape`: three axes): the nearest voxel of the 2 mm mask."""
    own, own_affine = brain_mask()
    if shape == own.shape and np.allclose(affine, own_affine):
        return own
    import nibabel
    from nilearn.image import resample_img

    resampled = resample_img(
        nibabel.Nifti1Image(own.astype(np.uint8), own_affine),  # type: ignore[no-untyped-call]
        target_affine=affine,
        target_shape=shape,
        interpolation="nearest",
        force_resample=True,
        copy_header=True,
    )
    return np.asarray(resampled.dataobj).astype(bool)


def _box_around(node: Node, shape: tuple[int, ...], affine: FloatArray) -> tuple[slice, ...]:
    """Return the smallest box of voxels that can lie within the node's radius, clipped to the grid; maybe empty."""
    to_voxels = np.linalg.inv(affine)
    centre = to_voxels[:3, :3] @ node.xyz_mm + to_voxels[:3, 3]
    # A sphere of radius r reaches r·‖row‖ voxels along an axis, whatever the grid's rotation and shear.
    reach = (node.radius_mm + EDGE_MM) * np.linalg.norm(to_voxels[:3, :3], axis=1)
    first = np.clip(np.ceil(centre - reach), 0, shape).astype(int)
    stop = np.clip(np.floor(centre + reach) + 1, first, shape).astype(int)
    return tuple(slice(int(low), int(high)) for low, high in zip(first, stop, strict=True))


def _squared_distances(node: Node, box: tuple[slice, ...], affine: FloatArray) -> FloatArray:
    """Return the squared distance of the box's voxel centres from the node, in mm², shaped as the box."""
    indices: Any = np.meshgrid(*(np.arange(side.start, side.stop) for side in box), indexing="ij", sparse=True)
    i, j, k = indices
    offset = [
        affine[axis, 0] * i + affine[axis, 1] * j + affine[axis, 2] * k + (affine[axis, 3] - node.xyz_mm[axis])
        for axis in range(3)
    ]
    return np.asarray(offset[0] ** 2 + offset[1] ** 2 + offset[2] ** 2)
