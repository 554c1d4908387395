#!/bin/sh
# nilearn 0.14.1, `nilearn.maskers.NiftiLabelsMasker`.
#
# Behaviour: a voxel that is NaN in one volume counts as 0 in the mean of its region there. The zeros are also written
# into the array of the image that was passed in: after `fit_transform` the caller's NaN are gone.
#
# Why it surprises: a mean over a region is expected to leave unknown voxels out, or to be unknown. And extracting a signal
# is expected to read its input. Whoever looks for NaN after the masker ran finds none, and a second analysis of the same
# image in memory takes the zeros for measurements.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nilearn==0.14.1 numpy==2.3.5 nibabel==5.3.3
cd "$folder"
venv/bin/python - <<'END'
import warnings

import nibabel
import nilearn
import numpy as np

warnings.simplefilter("ignore")
from nilearn.maskers import NiftiLabelsMasker

print("nilearn", nilearn.__version__)
labels = np.zeros((6, 6, 6), dtype=np.int32)
labels[1:3, 1:3, 1:3] = 1  # eight voxels
data = np.full((6, 6, 6, 4), 10.0)
data[2, 2, 2, 1] = np.nan  # one of the eight, in the second volume
image = nibabel.Nifti1Image(data, np.eye(4))
before = int(np.isnan(data).sum())
masker = NiftiLabelsMasker(nibabel.Nifti1Image(labels, np.eye(4)), standardize=None, reports=False)
series = masker.fit_transform(image)[:, 0]
after = int(np.isnan(data).sum())
print("every known voxel is 10; the region's mean by volume:", series.tolist())
print("NaN in the caller's array: before", before, "after", after)
assert np.allclose(series, [10, 8.75, 10, 10]), "NaN is no longer averaged as 0"
assert (before, after) == (1, 0), "the caller's array stays as it was"
END
