#!/bin/sh
# nilearn 0.14.1, `nilearn.signal.clean` with `sample_mask` and the Butterworth filter.
#
# Behaviour: censored volumes are meant to be interpolated before the filter runs. A censored volume stays as it is where
# the volume at its mirror image in the run (volume n - 1 - i for volume i) is censored, too. Its value then runs through
# the filter and spreads over the volumes that are kept.
#
# Why it surprises: whether scrubbing works depends on which *other* volume was scrubbed. The first and the last volume of
# a run are such a pair, and the middle volume of a run of odd length is its own mirror image. Nothing warns.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nilearn==0.14.1 numpy==2.3.5 scipy==1.16.3
cd "$folder"
venv/bin/python - <<'END'
import warnings

import nilearn
import numpy as np

warnings.simplefilter("ignore")
from nilearn.signal import clean

print("nilearn", nilearn.__version__)


def spread(n_volumes, censored):
    """Return how far the kept volumes move when the censored ones take another value."""
    kept = np.setdiff1d(np.arange(n_volumes), censored)
    quiet = np.random.default_rng(0).standard_normal((n_volumes, 1))
    loud = quiet.copy()
    loud[censored] = 1000.0
    options = {"detrend": False, "standardize": None, "filter": "butterworth", "high_pass": 0.01, "t_r": 2.0}
    one, other = (clean(series, sample_mask=kept, **options) for series in (quiet, loud))
    return float(np.abs(one - other).max())


cases = {
    "volumes 30 and 31 of 120": spread(120, [30, 31]),
    "volumes 30 and 89 of 120 (mirror images)": spread(120, [30, 89]),
    "volumes 0 and 119 of 120 (first and last)": spread(120, [0, 119]),
    "volume 60 of 121 (the middle)": spread(121, [60]),
}
print("largest change of a kept volume when only censored volumes change from noise of SD 1 to 1000:")
for name, change in cases.items():
    print(f"  {name}: {change:.3g}")
first, *mirrored = cases.values()
assert first < 1e-6, "the ordinary case leaks too"
assert min(mirrored) > 1, "censored mirror images are interpolated now"
END
