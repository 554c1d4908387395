#!/bin/sh
# safetensors 0.8.0, `safetensors.numpy.save` (and `save_file`) with `metadata` of more than one entry.
#
# Behaviour: the same arrays and the same metadata, saved again in the same process, give other bytes. The entries of the
# metadata are written in an order that differs from call to call; the arrays are always in the same place. With one entry,
# or without metadata, the bytes are the same every time.
#
# Why it surprises: the format is made for files that are shared and checked by their hashes, arrays are sorted on purpose,
# and a Python dict has an order. A model that is saved twice has two checksums, and a build can't be repeated.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'END'
import safetensors
from numpy import arange
from safetensors.numpy import load, save

print("safetensors", safetensors.__version__)
arrays = {"weights": arange(6.0).reshape(2, 3), "bias": arange(3.0)}
about = {"model": "toy", "licence": "BSD-3-Clause", "source": "made up"}
counts = {}
for n_entries in range(4):
    metadata = dict(list(about.items())[:n_entries])
    contents = {save(arrays, metadata=metadata) for _ in range(100)}
    counts[n_entries] = len(contents)
    assert all((load(content)["weights"] == arrays["weights"]).all() for content in contents)
    print(f"{n_entries} entries of metadata, saved 100 times: {len(contents)} different contents")
assert counts[0] == counts[1] == 1
assert counts[3] > 1, "metadata is now written in one order"
END
