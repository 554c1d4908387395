"""Write what `nimare_peer.py` compares with NiMARE: half A of a split, and our association z at the nodes' voxels.

python tests/benchmarks/nimare_half.py --data ../shared/data --out half.npz [--split 100]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.evidence.build import hits, term_matrix
from emotopy.evidence.studies import Studies
from emotopy.evidence.terms import Term, read_terms
from emotopy.records import FloatArray, IntArray, Node
from emotopy_plugins.datasets.neuroquery import NeuroQueryDataset

sys.path.insert(0, str(Path(__file__).parent))
from agreement import read_nodes
from frozen_agreement import EMOTIONS, REPORT_SPLITS, half_a
from mapping_peers import association_z, only

MNI_2MM = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
"""From voxels to millimetres: the grid of MNI152 at 2 mm that NiMARE uses."""


def half_of(studies: Studies, nodes: Sequence[Node], terms: Sequence[Term]) -> dict[str, Any]:
    """Return peaks, which studies use which term, and z (n_terms, n_nodes) of these studies.

    `z` is of peaks and nodes that are moved to the nearest voxel, as NiMARE moves peaks, `z_exact` of both where they
    are; a study hits a node if a peak lies within 10 mm.
    """
    uses = term_matrix(studies, terms).uses
    voxels = to_voxels(np.array([(node.x_mm, node.y_mm, node.z_mm) for node in nodes]))
    moved = [Node(node.name, node.region, *xyz, node.radius_mm) for node, xyz in zip(nodes, to_mm(voxels), strict=True)]
    at_voxels = attrs.evolve(studies, peaks=to_mm(to_voxels(studies.peaks)))
    return {
        "emotions": [term.name for term in terms],
        "uses": uses,
        "peaks": studies.peaks,
        "study_of_peak": studies.study_of_peak,
        "nodes": [node.name for node in nodes],
        "voxels": voxels,
        "affine": MNI_2MM,
        "z": association_z(uses, hits(at_voxels, [[node] for node in moved])),
        "z_exact": association_z(uses, hits(studies, [[node] for node in nodes])),
    }


def to_voxels(xyz_mm: FloatArray) -> IntArray:
    """Return the voxel that each point (n_points, 3) lies in, on the grid `MNI_2MM`."""
    return np.round((xyz_mm - MNI_2MM[:3, 3]) / MNI_2MM[0, 0]).astype(np.int64)


def to_mm(voxels: IntArray) -> FloatArray:
    """Return the centre of each voxel (n_voxels, 3), in mm."""
    return np.asarray(voxels * MNI_2MM[0, 0] + MNI_2MM[:3, 3])


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with neuroquery/")
    parser.add_argument("--out", type=Path, required=True, help="NPZ file")
    parser.add_argument("--split", type=int, default=REPORT_SPLITS[0])
    options = parser.parse_args()
    folder = options.data / "neuroquery"
    studies = NeuroQueryDataset().load(folder)
    emotions = [term for term in read_terms(folder / "agreement_terms.tsv") if term.name in EMOTIONS]
    half = half_of(only(studies, half_a(options.split, len(studies))), read_nodes(), emotions)
    np.savez_compressed(options.out, split=options.split, **half)


if __name__ == "__main__":
    main()
