#!/bin/sh
# bids-validator-deno 3.0.2 (PyPI, schema of BIDS 1.11.1): a folder in `.bidsignore`.
#
# Behaviour: the pattern `/group/` in `.bidsignore` hides the files in the folder, but the folder itself is then reported
# as an error, NOT_INCLUDED, so that a dataset that is valid otherwise fails. The pattern `/group`, without the slash at
# its end, hides both.
#
# Why it surprises: BIDS says that `.bidsignore` follows `.gitignore`, where a slash at the end means just this: a folder,
# with all that is in it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check bids-validator-deno==3.0.2
mkdir -p dataset/group
printf '%s' '{"Name": "a", "BIDSVersion": "1.10.0", "DatasetType": "derivative", "GeneratedBy": [{"Name": "a"}]}' \
    > dataset/dataset_description.json
printf 'a\tb\n1\t2\n' > dataset/group/values.tsv
printf 'Made up.\n' > dataset/README
errors() {
    DENO_DIR="$folder/deno" venv/bin/bids-validator-deno --json dataset 2>/dev/null | venv/bin/python -c '
import json, sys
issues = json.load(sys.stdin)["issues"]["issues"]
print(sorted({(one["code"], one.get("location")) for one in issues if one.get("severity") == "error"}))'
}
echo "bids-validator-deno 3.0.2"
printf '/group/\n' > dataset/.bidsignore
with_slash=$(errors)
echo "/group/ : errors $with_slash"
printf '/group\n' > dataset/.bidsignore
without=$(errors)
echo "/group  : errors $without"
[ "$with_slash" = "[('NOT_INCLUDED', '/group/')]" ] && [ "$without" = "[]" ]
