#!/bin/sh
# bids-validator-deno 3.0.2 (PyPI, schema of BIDS 1.11.1): describing the column `index` of a segmentation's table.
#
# Behaviour: a sidecar that describes the column `index` of `dseg.tsv` by its `Description` alone gets the warning
# TSV_COLUMN_TYPE_REDEFINED, `Format "string" must be integer`, though it says nothing of a format. With
# `"Format": "integer"` beside the description, or without any description, there is no warning.
#
# Why it surprises: BIDS advises a description of every column; following it for a column that BIDS defines itself is
# taken for redefining that column as text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check bids-validator-deno==3.0.2 nibabel==5.3.2 numpy==2.3.5
mkdir dataset
cd dataset
printf '%s' '{"Name": "a", "BIDSVersion": "1.10.0", "DatasetType": "derivative", "GeneratedBy": [{"Name": "a"}]}' \
    > dataset_description.json
printf 'Made up.\n' > README
mkdir -p tpl-MNI152NLin6Asym
cd tpl-MNI152NLin6Asym
name=tpl-MNI152NLin6Asym_seg-made_dseg
printf 'index\tname\n1\tamygdala\n2\tinsula\n' > $name.tsv
../../venv/bin/python -c "
import nibabel, numpy
labels = numpy.array([[[0, 1], [2, 0]]], dtype=numpy.int16)
nibabel.save(nibabel.Nifti1Image(labels, numpy.eye(4)), '$name.nii.gz')"
cd ../..
warned() {
    printf '%s' "$1" > dataset/tpl-MNI152NLin6Asym/$name.json
    DENO_DIR="$folder/deno" venv/bin/bids-validator-deno --json dataset 2>/dev/null | venv/bin/python -c '
import json, sys
issues = json.load(sys.stdin)["issues"]["issues"]
print([one.get("issueMessage") or one.get("subCode") for one in issues if one["code"] == "TSV_COLUMN_TYPE_REDEFINED"])'
}
echo "bids-validator-deno 3.0.2"
described=$(warned '{"index": {"Description": "Number in the image"}, "name": {"Description": "Region"}}')
echo "a description alone: $described"
formatted=$(warned '{"index": {"Description": "Number in the image", "Format": "integer"}, "name": {"Description": "Region"}}')
echo "with its format:     $formatted"
bare=$(warned '{"name": {"Description": "Region"}}')
echo "without:             $bare"
[ "$described" != "[]" ] && [ "$formatted" = "[]" ] && [ "$bare" = "[]" ]
