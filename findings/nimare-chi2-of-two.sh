#!/bin/sh
# NiMARE 0.22.1, `meta.cbma.MKDAChi2`.
#
# Behaviour: at voxels that no study of either group reports, the association maps have chi-square 2.0, p 0.157 and z 0.
# The FDR corrector takes these p as they are.
#
# Why it surprises: nothing can be tested there, so that one expects p 1, or NaN; and two-sided, z 0 is p 1. With few
# studies most of the brain consists of such voxels, and p 0.157 looks like a weak effect.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nimare==0.22.1 nilearn==0.13.1 \
    numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 nibabel==5.4.2 scikit-learn==1.9.1
cd "$folder"
venv/bin/python - 2> messages <<'END'
from importlib.metadata import version

import numpy as np
from nimare.correct import FDRCorrector
from nimare.meta.cbma.mkda import MKDAChi2
from nimare.nimads import Studyset

print("nimare", version("nimare"))


def study(number, xyz):
    points = [{"space": "MNI", "coordinates": xyz, "kind": None, "values": []}]
    analysis = {"id": "1", "name": "", "conditions": [], "weights": [], "images": [], "points": points, "metadata": {}}
    return {"id": f"s{number:02}", "name": "", "authors": "", "publication": "", "metadata": {}, "analyses": [analysis]}


left, right = [-20, -4, -18], [20, -4, -18]
studies = Studyset({"id": "all", "name": "", "studies": [study(i, left if i < 14 else right) for i in range(20)]})
groups = studies.slice(studies.ids[:10]), studies.slice(studies.ids[10:])  # left: 10 of 10 against 4 of 10
result = MKDAChi2().fit(*groups)


def values(name, of=result):
    return of.get_map(name, return_type="array").ravel().astype(float)


nowhere = values("prob_desc-A") == 0
print(f"voxels where no study reports: {nowhere.mean():.1%}")
found = {name: np.unique(values(f"{name}_desc-association")[nowhere].round(3)).tolist() for name in ("chi2", "p", "z")}
print("there:", found)
print("elsewhere: p", np.unique(values("p_desc-association")[~nowhere].round(3)).tolist())
corrected = FDRCorrector(alpha=0.05, method="indep").transform(result)
name = next(name for name in corrected.maps if name.startswith("p_desc-association_") and "FDR" in name)
print("FDR-corrected p there:", np.unique(values(name, corrected)[nowhere].round(3)).tolist())
assert found == {"chi2": [2.0], "p": [0.157], "z": [0.0]}, f"another answer now: {found}"
END
