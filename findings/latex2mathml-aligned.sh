#!/bin/sh
# latex2mathml 3.81.1: AMS's `aligned`, the environment for formulas of several lines within another.
#
# Behaviour: `align*` becomes a table whose columns meet at the marks `&`. `aligned` becomes no table: its lines follow
# one another in one row, and each mark is written as the letter `&`, unescaped. No error, no warning. What is returned
# is not well-formed XML: Python's parser refuses it.
#
# Why it surprises: both environments share their syntax, and a converter whose output is XML is trusted to return XML.
# A page built from it shows ampersands within the formula.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check latex2mathml==3.81.1
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version
from xml.etree import ElementTree

from latex2mathml.converter import convert

print("latex2mathml", version("latex2mathml"))
lines = r"a &= b + c \\ &= d"
seen = {}
for name in ("align*", "aligned"):
    made = convert(rf"\begin{{{name}}} {lines} \end{{{name}}}")
    try:
        ElementTree.fromstring(made)
        parsed = "well-formed"
    except ElementTree.ParseError as error:
        parsed = f"not well-formed ({error})"
    seen[name] = ("<mtable" in made, "<mi>&</mi>" in made, parsed.split(" (")[0])
    print(f"{name}: table {'<mtable' in made}, mark written as a letter {'<mi>&</mi>' in made}, XML {parsed}")
if seen != {"align*": (True, False, "well-formed"), "aligned": (False, True, "not well-formed")}:
    raise SystemExit("the two environments are converted alike now, or otherwise than described")
END
