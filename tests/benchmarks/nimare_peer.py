"""Compare our association z with NiMARE's, at the voxels of the nodes: one half of the studies, eight emotions.

    python tests/benchmarks/nimare_half.py --data ../shared/data --out half.npz
    python -m venv nimare && nimare/bin/python -m pip install -r tests/benchmarks/nimare.txt
    nimare/bin/python tests/benchmarks/nimare_peer.py half.npz

NiMARE wants an older nilearn than emotopy, so it has an environment of its own, in which this script runs without
emotopy. It reads the peaks of half A, which studies use which term, and our z; NiMARE's is `z_desc-association` of
`MKDAChi2` with its default kernel (10 mm), studies that use the term against those that don't. It places a peak in the
nearest voxel of 2 mm. Ours counts once so and once with peaks and nodes where they are. Ends with 1 where z at the
voxels differ by 0.01 or more.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from nibabel import Nifti1Image
from nimare.meta.cbma.mkda import MKDAChi2
from nimare.nimads import Studyset
from nimare.utils import get_template

TOLERANCE = 0.01


def brain_and(voxels: np.ndarray) -> Nifti1Image:
    """Return NiMARE's brain mask with these voxels (n_voxels, 3) added; the ventral tegmental area lies outside it."""
    mask = get_template("mni152_2mm", mask="brain")
    inside = np.asarray(mask.dataobj).astype(np.int8)
    inside[tuple(voxels.T)] = 1
    return Nifti1Image(inside, mask.affine)


def studyset(peaks: np.ndarray, study_of_peak: np.ndarray, n_studies: int, mask: Nifti1Image) -> Studyset:
    """Return the studies, each with one analysis of all its peaks (n_peaks, 3)."""
    points: list[list[dict[str, Any]]] = [[] for _ in range(n_studies)]
    for study, xyz in zip(study_of_peak, peaks, strict=True):
        points[study].append({"space": "MNI", "coordinates": xyz.tolist(), "kind": None, "values": []})
    empty: dict[str, Any] = {"name": "", "metadata": {}}
    studies = [
        {"id": f"{study:05d}", "authors": "", "publication": "", **empty,
         "analyses": [{"id": "1", "conditions": [], "weights": [], "images": [], "points": of_study, **empty}]}
        for study, of_study in enumerate(points)
    ]  # fmt: skip
    return Studyset({"id": "half-a", "name": "half A", "studies": studies}, mask=mask)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="what nimare_half.py wrote")
    half = np.load(parser.parse_args().file, allow_pickle=False)
    mask = brain_and(half["voxels"])
    studies = studyset(half["peaks"], half["study_of_peak"], len(half["uses"]), mask)
    if not np.array_equal(mask.affine, half["affine"]):
        sys.exit("NiMARE's voxels aren't those that the file was made for")
    ids = np.sort(studies.ids)
    if len(ids) != len(half["uses"]):
        sys.exit(f"wanted {len(half['uses'])} studies, NiMARE has {len(ids)}")
    at = tuple(half["voxels"].T)
    largest = 0.0
    print(f"split {half['split']}, half A: {len(ids)} studies; |z − NiMARE's z| over {len(half['nodes'])} nodes")
    for emotion, uses, z, z_exact in zip(half["emotions"], half["uses"].T, half["z"], half["z_exact"], strict=True):
        result = MKDAChi2().fit(studies.slice(ids[uses]), studies.slice(ids[~uses]))
        theirs = result.get_map("z_desc-association").get_fdata()[at]
        difference = np.abs(z - theirs)
        largest = max(largest, difference.max())
        print(
            f"{emotion:10s} {uses.sum():5d} studies  at voxels: largest {difference.max():.1e}; peaks where they are: "
            f"largest {np.abs(z_exact - theirs).max():.2f}, r {np.corrcoef(z_exact, theirs)[0, 1]:.3f}; "
            f"z from {theirs.min():.1f} to {theirs.max():.1f}"
        )
    print(f"largest difference at voxels {largest:.1e}")
    sys.exit(int(largest >= TOLERANCE))


if __name__ == "__main__":
    main()
