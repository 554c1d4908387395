#!/bin/sh
# webvtt-py 0.6.0, `webvtt.from_string(...)`.
#
# Behaviour: of a cue with two voices (`<v Anna>Yes.` and on the next line `<v Ben>No.`) `caption.voice` is the first and
# `caption.text` the words of both, so that Ben's answer is Anna's. Character references stay as they are: `&amp;`.
#
# Why it surprises: the WebVTT specification has voice spans so that a cue can hold a dialogue, and its parsing rules turn
# references into characters; `&` and `<` can't be written otherwise, so every such caption keeps the code.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webvtt-py==0.6.0
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version

import webvtt

print("webvtt-py", version("webvtt-py"))
content = """WEBVTT

00:01.000 --> 00:02.000
<v Anna>Salt &amp; pepper?
<v Ben>No.

00:03.000 --> 00:04.000
the end
"""
captions = webvtt.from_string(content).captions
for caption in captions:
    print(caption.start, caption.voice, repr(caption.text))
first = captions[0]
assert first.voice == "Anna", f"the voice is another now: {first.voice!r}"
assert first.text == "Salt &amp; pepper?\nNo.", f"the text is another now: {first.text!r}"
END
