#!/bin/sh
# nilearn 0.14.1, `nilearn.signal.clean` with the Butterworth high-pass.
#
# Behaviour: with the default padding the run is continued at both ends by its mirror image *turned upside down*. That
# pins the first and the last value of the filtered run near zero. A response at the beginning of a run comes out with its
# sign turned over: it correlates negatively with what went in. With `butterworth__padtype="even"` it keeps its sign.
#
# Why it surprises: a high-pass at 0.01 Hz is expected to take slow drifts out and to leave a response of 20 s alone.
# Signals that begin and end at zero don't show the effect.
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
response = np.exp(-np.arange(200) * 2.0 / 20.0)[:, None]  # set off at the first volume, gone after about a minute
options = {"detrend": False, "standardize": None, "filter": "butterworth", "high_pass": 0.01, "t_r": 2.0}
found = {
    "default padding": clean(response, **options)[:, 0],
    "even padding": clean(response, **options, butterworth__padtype="even", butterworth__padlen=50)[:, 0],
}
r = {}
for name, filtered in found.items():
    r[name] = float(np.corrcoef(response[:30, 0], filtered[:30])[0, 1])
    print(f"{name}: first volumes {np.round(filtered[:5], 3).tolist()}, r with the response over 60 s {r[name]:.2f}")
print("the response itself:", np.round(response[:5, 0], 3).tolist())
assert abs(found["default padding"][0]) < 0.05, "the first value is no longer pinned near zero"
assert r["default padding"] < -0.5 < 0.5 < r["even padding"], "the response keeps its sign now"
END
