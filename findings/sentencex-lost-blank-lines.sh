#!/bin/sh
# sentencex 1.0.32, `segment("en", text)`.
#
# Behaviour: sentences put together again are the text, as long as it has less than about 10,000 characters. In a longer
# text of paragraphs parted by blank lines, about one blank line for every 10,000 characters is in no sentence: 130
# paragraphs of 77 characters lose one ("\n\n"), 400 lose three. Nothing else is lost.
#
# Why it surprises: blank lines are pieces of their own in what the library returns, so it looks lossless, and it is in
# every short test. Whoever takes the sum of the lengths as places in the text is off by two from there on, and by two
# more after each further 10,000 characters: in a book every later sentence is cut in the wrong place.
#
# What to do: look the sentences up in the text, one after the other.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sentencex==1.0.32
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version

from sentencex import segment

print("sentencex", version("sentencex"))
paragraph = "I was very happy to see my friends. We walked along the river in the evening."
found = {}
for n_paragraphs in (129, 130, 400):
    text = "\n\n".join([paragraph] * n_paragraphs)
    pieces = list(segment("en", text))
    found[n_paragraphs] = len(text) - sum(map(len, pieces))
    blank = sum(piece == "\n\n" for piece in pieces)
    print(f"{n_paragraphs} paragraphs, {len(text):,} characters: {blank} blank lines of {n_paragraphs - 1} returned, "
          f"{found[n_paragraphs]} characters lost")
assert found == {129: 0, 130: 2, 400: 6}, f"other characters are lost now: {found}"
END
