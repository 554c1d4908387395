"""What stands in transcripts, captions and aligned stories in place of words: silence, noises, who speaks.

General forms hold everywhere: `<…>`, `{…}`, `[…]` (also as wide as CJK writes them), notes of music, `>>`, and
parentheses in capitals; a label of one word that stands in parentheses is a sound, too. Labels that
aligners write bare ("sp", "br", "sentence_end") hold only in tiers and tables of single words. English words ("noise",
"laughter") are no markers there: aligners write them in brackets, and a story may hold them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import attrs

SILENCE = frozenset({"", "sp", "sil", "spn", "<sil>", "<sp>", "<spn>", "<p>", "<p:>", "<eps>", "#", "_", "###"})
"""Labels of silence in tiers and tables of single words, in lower case; capitals may be written, too."""
MARKERS = frozenset({"br", "lg", "cg", "ls", "ns", "sl", "unk", "oov", "xxx", "sentence_start", "sentence_end"})
"""Labels of breath, laughter, noise and of unknown words in such tiers, exactly so written: "LG" is a name."""
LONGEST_NAMED = 16
"""The longest label that a note names."""
MOST_NAMED = 8
LONGEST_SOUND = 4
"""More words in parentheses are speech."""

_BRACKETED = re.compile(r"<(?:[^\W\d]|[/#])[^<>]{0,40}>|\{[^{}]*\}|\[[^][]*\]|【[^【】]*】|［[^［］]*］|〔[^〔〕]*〕")
_PARENTHESES = re.compile(r"\([^()]*\)|（[^（）]*）")
_SIGNS = re.compile(r"[♪♫♩♬]+|>>+")
_SOUNDS = re.compile(
    r"\s*(?:(?:\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|【[^【】]*】|［[^［］]*］"
    r"|\*[^*\s][^*]*\*|♪[^♪]*♪?|♫[^♫]*♫?)\s*)+"
)
_NUMBERED = r"(?:speaker|spk)[ _-]?\d{1,4}"
_NUMBERED_SPEAKER = re.compile(
    rf"\s*(?:[\[(]\s*(?P<bracketed>{_NUMBERED})\s*[\])]:?|(?P<plain>{_NUMBERED}):)(?=\s|$)\s*", re.IGNORECASE
)


@attrs.define
class LeftOut:
    """What was left out of a story since it isn't speech: each label and how often; silence isn't counted."""

    labels: Counter[str] = attrs.field(factory=Counter)

    def add(self, labels: Iterable[str]) -> None:
        """Count labels."""
        self.labels.update(labels)

    def notes(self, name: str) -> tuple[str, ...]:
        """Return a note that counts and names them, or none. What may be a text is described by its brackets."""
        n_labels = sum(self.labels.values())
        if not n_labels:
            return ()
        shown = Counter[str]()
        for label, n in self.labels.items():
            shown[_named(label)] += n
        most = [f"{label} ({n})" if n > 1 else label for label, n in shown.most_common(MOST_NAMED)]
        more = ", …" if len(shown) > MOST_NAMED else ""
        what = "1 label that isn't speech was" if n_labels == 1 else f"{n_labels:,} labels that aren't speech were"
        return (f"{name}: {what} left out: {', '.join(most)}{more}.",)


def _named(label: str) -> str:
    if len(label) <= LONGEST_NAMED and len(label.split()) <= 1:
        return label
    return f"{label[0]}…{label[-1]}"


def without_nonspeech(text: str) -> str:
    """Return a text without the general forms of what isn't speech, blanks made single.

    >>> without_nonspeech("[laughter] Well {LG} I <unk> ♪ cried (DOOR SLAMS) (softly)")
    'Well I cried (softly)'
    """
    return words_and_labels(text)[0]


def words_and_labels(text: str) -> tuple[str, list[str]]:
    """Return a text without the general forms of what isn't speech, and what these were; signs are no labels.

    >>> words_and_labels(">> well {LG} (DOOR SLAMS) (Нет) I <unk> cried")
    ('well (Нет) I cried', ['{LG}', '<unk>', '(DOOR SLAMS)'])
    """
    labels: list[str] = []

    def bracketed(match: re.Match[str]) -> str:
        labels.append(match[0])
        return " "

    def capitals(match: re.Match[str]) -> str:
        # languages that know no capitals, and a single "(I)", are speech
        if not match[0].isupper() or sum(map(str.isalpha, match[0])) < 2:
            return match[0]
        return bracketed(match)

    for pattern, replace in ((_BRACKETED, bracketed), (_PARENTHESES, capitals)):
        text = pattern.sub(replace, text)
    return " ".join(_SIGNS.sub(" ", text).split()), labels


def is_sound(text: str) -> bool:
    """Whether a caption or a turn of talk holds nothing but sounds: in brackets, parentheses, asterisks or notes.

    >>> is_sound("[door slams] (sighs)"), is_sound("(sighs) Well.")
    (True, False)
    """
    return _SOUNDS.fullmatch(text) is not None


def has_parentheses(text: str) -> bool:
    """Whether so few words stand in parentheses that they may be a sound.

    >>> has_parentheses("(laughs) Well."), has_parentheses("Well. (1)")
    (True, False)
    """
    found = _PARENTHESES.findall(text)
    return any(any(map(str.isalpha, one)) and len(one.split()) <= LONGEST_SOUND for one in found)


def is_silence(label: str) -> bool:
    """Whether a label of an aligned tier, or of a row per word, stands for silence.

    >>> is_silence("sp"), is_silence("spade")
    (True, False)
    """
    return label.strip().lower() in SILENCE


def is_marker(label: str) -> bool:
    """Whether a label of an aligned tier, or of a row per word, stands for what isn't speech.

    >>> is_marker("sp"), is_marker("{LG}"), is_marker("[laughter]"), is_marker("spade"), is_marker("laughter")
    (True, True, True, False, False)
    """
    return is_silence(label) or label.strip() in MARKERS or not without_nonspeech(label)


def shows_an_aligner(labels: Iterable[str]) -> bool:
    """Whether labels of single words are an aligner's: one of them is silence, a sentence's border, or in brackets.

    >>> shows_an_aligner(["I", "sp", "cried"]), shows_an_aligner(["I", "br", "cried"])
    (True, False)
    """
    certain = SILENCE - {""} | {"sentence_start", "sentence_end"}
    return any(
        label.strip().lower() in certain or (label.strip() and not words_and_labels(label)[0]) for label in labels
    )


def words_of_a_label(label: str, *, is_word: bool, by_aligner: bool) -> tuple[str, list[str]]:
    """Return the speech in a tier's or a table's label, and what isn't; silence gives neither.

    `is_word`: the tier, or the table, holds single words. `by_aligner`: an aligner wrote them, so that its bare markers
    hold, too.
    """
    label = " ".join(label.split())
    if is_word and is_silence(label):
        return "", []
    if is_word and by_aligner and label in MARKERS:
        return "", [label]
    if is_word and len(label.split()) == 1 and _PARENTHESES.fullmatch(label):
        return "", [label]
    text, labels = words_and_labels(label)
    return text, [one for one in labels if not is_silence(one)]


def numbered_speaker(text: str) -> tuple[str, str]:
    """Return the speaker whom a program that transcribes has numbered ("" where there is none), and the rest.

    >>> numbered_speaker("[SPEAKER_00]: Well."), numbered_speaker("(speaker 1) Well."), numbered_speaker("ANNA: Well.")
    (('SPEAKER_00', 'Well.'), ('speaker 1', 'Well.'), ('', 'ANNA: Well.'))
    """
    found = _NUMBERED_SPEAKER.match(text)
    return ("", text) if found is None else (found["bracketed"] or found["plain"], text[found.end() :])
