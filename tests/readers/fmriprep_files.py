"""Files as fMRIPrep leaves them, for tests of several rooms: images, and confounds tables with their sidecar."""

from __future__ import annotations

import nibabel
import numpy as np

AXES = tuple(f"{kind}_{axis}" for kind in ("trans", "rot") for axis in "xyz")


def write_bold(path, data, affine, tr_s=2.0, unit="sec"):
    """Write a run with a TR in its header; None leaves the header's own."""
    image = nibabel.Nifti1Image(data, affine)
    if tr_s is not None:
        image.header.set_zooms((*nibabel.affines.voxel_sizes(affine), tr_s))
    image.header.set_xyzt_units("mm", unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)


def confounds_columns(rng, n_volumes, moved=(), **given):
    """Return the columns of a run: noise but for those that are given; a jerk of 0.9 mm in each volume `moved`."""
    columns = {name: rng.standard_normal(n_volumes) for name in ("csf", "white_matter", "global_signal", *AXES)}
    columns |= given
    for name in ("csf", *AXES):
        columns[f"{name}_derivative1"] = np.diff(columns[name], prepend=np.nan)
    for name in AXES:
        columns[f"{name}_power2"] = columns[name] ** 2
        columns[f"{name}_derivative1_power2"] = columns[f"{name}_derivative1"] ** 2
    columns["framewise_displacement"] = np.where(np.isin(np.arange(n_volumes), moved), 0.9, 0.1)
    columns["std_dvars"] = np.ones(n_volumes)
    for name in ("framewise_displacement", "std_dvars"):
        columns[name][0] = np.nan
    return columns


def write_confounds(path, columns):
    """Write the columns as TSV, n/a where there is no value, with the sidecar that nilearn looks for."""
    cells = [["n/a" if np.isnan(value) else f"{value:.17g}" for value in values] for values in columns.values()]
    lines = ["\t".join(columns), *("\t".join(row) for row in zip(*cells, strict=True))]
    path.write_text("\n".join(lines) + "\n")
    path.with_suffix(".json").write_text("{}")
