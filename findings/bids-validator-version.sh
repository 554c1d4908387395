#!/bin/sh
# bids-validator-deno 3.0.2 (PyPI): the version that the validator says it has.
#
# Behaviour: `bids-validator-deno --version` asks git for the state of the folder that it is installed in. In a virtual
# environment inside the checkout of another project it prints that project's commit (or tag) as its own version.
# Outside of a checkout it prints the version of the package.
#
# Why it surprises: environments stand in checkouts everywhere, and CI writes down the version of its validator. The same
# validator has another "version" after each commit of the project that uses it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
git init --quiet project
git -C project -c user.name=a -c user.email=a@example.org commit --quiet --allow-empty -m "Not the validator's"
"${PYTHON:-python3}" -m venv project/venv
project/venv/bin/pip install --quiet --disable-pip-version-check bids-validator-deno==3.0.2
commit=$(git -C project rev-parse --short HEAD)
said=$(DENO_DIR="$folder/deno" project/venv/bin/bids-validator-deno --version 2>/dev/null)
echo "bids-validator-deno 3.0.2, installed in a checkout at commit $commit"
echo "it says: $said"
case "$said" in
    *"$commit"*) echo "that is the project's commit" ;;
    *) echo "it is otherwise now"; exit 1 ;;
esac
