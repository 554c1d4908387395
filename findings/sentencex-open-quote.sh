#!/bin/sh
# sentencex 1.0.32, `segment("en", text)`.
#
# Behaviour: two straight double quotation marks are taken for a pair whatever stands between them, and no sentence ends
# between them. A text of 202 plain sentences, in which somebody forgot to close a quotation in the first one and another
# quotation stands in the last one, comes out as two "sentences": one of 5,700 characters, and the rest.
#
# Why it surprises: quotations are unbalanced all the time in comments, chats and diaries (inches, forgotten marks, a
# quotation of several paragraphs opens each of them). The library looks for the partner across the whole paragraph, with
# no limit. The same text with no second mark is split into its sentences. The longer the text, the more of it is
# swallowed: of comments joined by 256, 9 % of the words stand in "sentences" of more than 60 words, of single ones none.
#
# What to do: split what is too long once more, with its quotation marks blanked (same length, so the places hold).
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
plain = " ".join(f"Sentence number {i} is here." for i in range(200))
for name, text in (
    ("a mark that nobody closes", f'She said "good. {plain} The end came.'),
    ("a mark, and a quotation 200 sentences on", f'She said "good. {plain} The "end" came.'),
    ("the same, its marks blanked", f"She said  good. {plain} The  end  came."),
):
    lengths = [len(sentence) for sentence in segment("en", text)]
    print(f"{name}: {len(lengths)} sentences, the longest of {max(lengths)} characters")
    if "quotation" in name:
        assert len(lengths) == 2, f"sentences between two marks are told apart now: {len(lengths)}"
        assert max(lengths) > 5_000
    else:
        assert len(lengths) == 202, f"wanted 202 sentences, got {len(lengths)}"
END
