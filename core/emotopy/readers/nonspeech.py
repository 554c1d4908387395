"""What stands in transcripts, captions and aligned stories in place of words: silence, noises, who speaks.

General forms hold everywhere: `<…>`, `{…}`, `[…]`, notes of music, `>>`, and parentheses in capitals. Words that an
aligner uses as markers ("sp", "br", "sentence_end") hold only in files of that aligner: elsewhere they may be words.
"""

from __future__ import annotations

import re

MARKERS = frozenset(
    {"sp", "sil", "spn", "ns", "br", "lg", "cg", "ls", "unk", "usb", "oov", "noise", "laugh", "laughter", "breath"}
    | {"sentence_start", "sentence_end", "silence", "pause", "#", "_", "-", "<p", "<p:", "xxx", "###"}
)
"""Labels of aligned tiers that aren't speech, in lower case: of MFA, P2FA, WebMAUS, Gentle, and story corpora."""
_BRACKETED = re.compile(r"<[^<>]*>|\{[^{}]*\}|\[[^][]*\]")
_CAPITALS = re.compile(r"\((?=[^()]*[^\W\d_])[^()a-zß-öø-ÿ]*\)")
_SIGNS = re.compile(r"[♪♫♩♬]+|>>+|&gt;&gt;")
_SPEAKER = re.compile(r"^\s*(?:-\s*)?(?P<name>[^\W\d_][\w.'’-]*(?: [^\W_][\w.'’-]*){0,2}|SPEAKER[_ ]\d+):(?=\s|$)\s*")


def without_nonspeech(text: str) -> str:
    """Return a text without the general forms of what isn't speech, blanks made single.

    >>> without_nonspeech("[laughter] Well {LG} I <unk> ♪ cried (DOOR SLAMS) (softly)")
    'Well I cried (softly)'
    """
    for pattern in (_BRACKETED, _CAPITALS, _SIGNS):
        text = pattern.sub(" ", text)
    return " ".join(text.split())


def is_marker(label: str) -> bool:
    """Whether a label of an aligned tier, or of a row per word, stands for what isn't speech.

    >>> is_marker("sp"), is_marker("{LG}"), is_marker("[laughter]"), is_marker("spade"), is_marker("laughter?")
    (True, True, True, False, False)
    """
    return label.strip().lower() in MARKERS or not without_nonspeech(label)


def speaker_and_words(text: str) -> tuple[str, str]:
    """Return who a text says that it is spoken by ("" where it doesn't), and the rest.

    >>> speaker_and_words("ANNA: I was happy."), speaker_and_words("I was happy: it was spring.")
    (('ANNA', 'I was happy.'), ('', 'I was happy: it was spring.'))
    """
    found = _SPEAKER.match(text)
    if found is None or not (found["name"].isupper() or found["name"].startswith("SPEAKER")):
        return "", text
    return found["name"], text[found.end() :]
