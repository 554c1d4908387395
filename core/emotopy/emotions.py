"""Emotions by name: what each means, in words that a rater, human or machine, can go by, and the sets in use.

Sets: Plutchik (1980), A general psychoevolutionary theory of emotion: eight; Ekman (1992), An argument for basic
emotions: six; Russell (1980), A circumplex model of affect: valence and arousal; Demszky et al. (2020), GoEmotions,
arXiv 2005.00547: 27 and neutral. The wording of the definitions is ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from emotopy.errors import ConfigError, UnknownName, listed, nearest

LABELS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)
"""The labels of GoEmotions by number."""

_NAME = re.compile(r"[^\W_]([\w' -]*\w)?")
RESERVED = ("onset", "duration", "rater", "n/a")
"""Words that a table of ratings has another use for."""


@attrs.frozen
class Emotion:
    """An emotion: its name, a definition for raters, and words that stand for it.

    `anchors` are words near it; the name is always the first. `opposites` are words at the other end, for a dimension
    that has two (valence, arousal); a plain emotion has none.
    """

    name: str
    definition: str = ""
    anchors: tuple[str, ...] = ()
    opposites: tuple[str, ...] = ()


def _emotion(name: str, definition: str, anchors: str, opposites: str = "") -> Emotion:
    return Emotion(name, definition, (name, *anchors.split()), tuple(opposites.split()))


EMOTIONS: dict[str, Emotion] = {
    emotion.name: emotion
    for emotion in (
        _emotion(
            "valence",
            "how pleasant: 0 very unpleasant, 0.5 neither, 1 very pleasant",
            "pleasant happy good delightful wonderful",
            "unpleasant unhappy bad awful terrible",
        ),
        _emotion(
            "arousal",
            "how activated: 0 asleep or very calm, 0.5 ordinary, 1 highly excited or alarmed",
            "excited agitated frantic intense alarmed",
            "calm sleepy quiet relaxed dull",
        ),
        _emotion("trust", "accepting, relying on somebody or something", "faith confidence reliance acceptance"),
        _emotion("anticipation", "looking ahead to what is coming, with interest", "expectation hope awaiting eager"),
        _emotion("admiration", "finding something impressive or worthy of respect", "respect impressed esteem"),
        _emotion("amusement", "finding something funny or entertaining", "funny laughing hilarious"),
        _emotion("anger", "a strong feeling of displeasure or antagonism", "angry rage furious wrath"),
        _emotion("annoyance", "mild anger, irritation", "annoyed irritated irritating"),
        _emotion("approval", "having or expressing a favourable opinion", "approve agree favourable"),
        _emotion("caring", "displaying kindness and concern for others", "kindness concern compassion"),
        _emotion("confusion", "lack of understanding, uncertainty", "confused puzzled bewildered"),
        _emotion("curiosity", "a strong desire to know or learn something", "curious wondering inquisitive"),
        _emotion("desire", "a strong wish for something", "wish longing want craving"),
        _emotion("disappointment", "sadness because a hope isn't fulfilled", "disappointed letdown dismay"),
        _emotion("disapproval", "having or expressing an unfavourable opinion", "disapprove objection unfavourable"),
        _emotion("disgust", "revulsion at something unpleasant or offensive", "disgusting revulsion repulsed nasty"),
        _emotion("embarrassment", "self-consciousness, shame, awkwardness", "embarrassed ashamed awkward"),
        _emotion("excitement", "great enthusiasm and eagerness", "excited thrilled enthusiastic"),
        _emotion("fear", "being afraid, of a danger, pain or threat", "afraid scared terror frightened"),
        _emotion("gratitude", "thankfulness and appreciation", "grateful thankful thanks"),
        _emotion("grief", "intense sorrow, above all after a death", "mourning bereavement sorrow"),
        _emotion("joy", "pleasure and happiness", "happy joyful delight cheerful"),
        _emotion("love", "strong positive regard and affection", "loving affection adore"),
        _emotion("nervousness", "apprehension, worry, anxiety", "nervous anxious worried"),
        _emotion("optimism", "hopefulness and confidence about the future", "optimistic hopeful hope"),
        _emotion("pride", "pleasure in one's own achievements or those of one's own people", "proud achievement"),
        _emotion("realization", "becoming aware of something", "realize discover aware understanding"),
        _emotion("relief", "reassurance and relaxation after distress", "relieved reassured phew"),
        _emotion("remorse", "regret or guilt about something done", "regret guilt sorry"),
        _emotion("sadness", "emotional pain, sorrow", "sad sorrow unhappy crying"),
        _emotion("surprise", "being startled or astonished by something unexpected", "surprised astonished sudden"),
        _emotion("neutral", "no emotion", "ordinary factual unemotional"),
    )
}
"""Every emotion of the sets, by name."""

PLUTCHIK8 = ("joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation")

SETS: dict[str, tuple[str, ...]] = {
    "plutchik8": PLUTCHIK8,
    "ekman6": ("anger", "disgust", "fear", "joy", "sadness", "surprise"),
    "valence-arousal": ("valence", "arousal"),
    "goemotions28": LABELS,
}
"""Set → names, in the order of every table."""


def emotion(name: str) -> Emotion:
    """Return what is known of an emotion; of one of the user's own, its name alone, which then is its only anchor.

    >>> emotion("homesickness").anchors
    ('homesickness',)
    """
    return EMOTIONS.get(name) or Emotion(name, anchors=(name.replace("_", " "),))


def emotion_names(wanted: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names that a set, a comma-separated list or a sequence means.

    >>> emotion_names("ekman6")
    ('anger', 'disgust', 'fear', 'joy', 'sadness', 'surprise')
    >>> emotion_names("joy, homesickness")
    ('joy', 'homesickness')

    Raises UnknownName for one word that looks like a set but isn't, ConfigError for names that can't head a column.
    """
    if isinstance(wanted, str):
        if wanted in SETS:
            return SETS[wanted]
        names = tuple(name.strip() for name in wanted.split(","))
        if len(names) == 1 and names[0] not in EMOTIONS and (hint := nearest(names[0], SETS)):
            raise UnknownName(f"emotions: no set is called {names[0]!r}.{hint} Sets: {listed(SETS)}; or a,b,c")
    else:
        names = tuple(wanted)
    if not names or names == ("",):
        raise ConfigError(f"emotions: wanted a set ({listed(SETS)}) or names such as joy,fear; got none")
    for number, name in enumerate(names):
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in RESERVED:
            raise ConfigError(
                f"emotions: wanted names of letters, digits, blanks, hyphens and underscores, none of them "
                f"{', '.join(RESERVED)}; got {name!r}"
            )
        if name in names[:number]:
            raise ConfigError(f"emotions: {name!r} occurs twice; name each emotion once")
    return names
