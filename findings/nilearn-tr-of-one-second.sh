#!/bin/sh
# nilearn 0.14.1, `image.concat_imgs` and `image.math_img`.
#
# Behaviour: a run that was taken apart by `image.iter_img` and put together by `image.concat_imgs` has a repetition time of
# exactly 1 s in its header, whatever it was before; the unit says seconds. `image.math_img("img * 2", img=run)` writes 1
# as well, with an unknown unit. Both are silent, and the data are right.
#
# Why it surprises: 1 s with the unit "sec" is a repetition time that many scanners have. Nothing tells it from a true one,
# so whatever reads the header afterwards (filters, windows, regressors) works on a clock of its own. Functions that change
# values alone, such as `smooth_img`, keep the header's time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nilearn==0.14.1 nibabel==5.3.2
cd "$folder"
venv/bin/python - <<'END'
import warnings
from importlib.metadata import version

import nibabel
import numpy as np
from nilearn import image

warnings.simplefilter("ignore")
print("nilearn", version("nilearn"), "nibabel", version("nibabel"))
rng = np.random.default_rng(0)
run = nibabel.Nifti1Image(rng.standard_normal((6, 6, 6, 8)).astype("float32"), np.diag([3, 3, 3, 1]))
run.header.set_zooms((3, 3, 3, 2.2))
run.header.set_xyzt_units("mm", "sec")


def time_of(one):
    return round(float(one.header.get_zooms()[3]), 3), one.header.get_xyzt_units()[1]


joined = image.concat_imgs(list(image.iter_img(run)))
doubled = image.math_img("img * 2", img=run)
smooth = image.smooth_img(run, 4)
found = {"as given": time_of(run), "iter_img + concat_imgs": time_of(joined), "math_img": time_of(doubled)}
found["smooth_img"] = time_of(smooth)
for what, value in found.items():
    print(f"{what:24} TR {value[0]} {value[1]}")
assert np.array_equal(joined.get_fdata(), run.get_fdata()), "the data differ now"
assert found == {
    "as given": (2.2, "sec"),
    "iter_img + concat_imgs": (1.0, "sec"),
    "math_img": (1.0, "unknown"),
    "smooth_img": (2.2, "sec"),
}, f"repetition times are kept otherwise now: {found}"
END
