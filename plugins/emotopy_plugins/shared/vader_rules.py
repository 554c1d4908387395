"""What the words around a word do to it: negation, intensifiers, capitals, exclamation marks, as VADER has them.

Source: Hutto & Gilbert (2014), VADER, ICWSM. Its increments are points on a valence scale; here they are shares of the
word's own weight, since a word list of emotions has no such scale. Three things differ on purpose. Negation damps a
category and never turns it into its opposite: "not happy" isn't sad. A window ends with the sentence and at *but*.
And exclamation marks, which VADER adds to the sum of a text, are shared out among its emotional words.

All rules work on whole arrays of tokens: `cues_of` says which function word a token is, `word_factors` and
`text_factors` turn that into what weights are multiplied by. With every rule off all factors are one. `negated` alone
serves those who weigh something else than a list's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat

import attrs
import numpy as np

from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.shared.tokenizer import Tokens

INCREMENT = 0.293
"""What an intensifier adds to a word's weight, and a diminisher takes off (VADER's B_INCR)."""

DECAY = (1.0, 0.95, 0.9)
"""How much of the increment is left one, two and three words away."""

CAPITALS = 0.733
"""What capitals add to a word's weight (VADER's C_INCR)."""

EXCLAMATION, MAX_EXCLAMATIONS = 0.292, 4
"""What each "!" adds to a text, in words, and how many of them count."""

NEGATION_KEEPS = 0.26
"""What negation leaves of a word's weight. VADER multiplies by −0.74; without the turning round, 1 − 0.74 is left."""

_AUXILIARIES = "ai are ca could dare did does do had has have is may might must need ought sha should was were wo would"
_NEGATIVES = "cannot despite neither never no nobody none nope nor not nothing nowhere rarely seldom without"
_UP = """
absolutely amazingly awfully completely considerably decidedly deeply downright effing enormously entirely especially
exceptionally extremely fabulously flipping freaking frickin fricking friggin frigging fuckin fucking fully genuinely
greatly hella highly hugely immensely incredibly insanely intensely majorly more most particularly purely quite really
remarkably seriously so substantially super terribly thoroughly too totally tremendously truly uber unbelievably
unusually utterly very
"""
_DOWN = """
almost barely fairly hardly kinda kindof less little marginally mildly moderately nearly occasionally partly scarcely
slightly somewhat sorta sortof
"""

NEGATORS = frozenset(_NEGATIVES.split()) | {stem + ending for stem in _AUXILIARIES.split() for ending in ("n't", "nt")}
"""Words that negate what follows, "don't" and "dont" among them."""

INTENSIFIERS: Mapping[str, float] = {
    **dict.fromkeys(_UP.split(), INCREMENT),
    **dict.fromkeys(_DOWN.split(), -INCREMENT),
}
"""Degree adverbs, with what they add to the weight of a word that follows."""

CLAUSE_WORDS: frozenset[str] = frozenset({"although", "but", "however", "though", "yet"})
"""Words at which a new clause begins: nothing before them reaches what comes after."""

PHRASES: Mapping[tuple[str, str], float] = {
    ("kind", "of"): -INCREMENT,
    ("sort", "of"): -INCREMENT,
    ("never", "so"): INCREMENT,
    ("never", "this"): INCREMENT,
    ("no", "doubt"): 0.0,
    ("without", "doubt"): 0.0,
    ("not", "only"): 0.0,
    ("not", "just"): 0.0,
}
"""Two words that mean something else together: they modify as one, negate nothing, and aren't counted themselves."""


@attrs.frozen
class Rules:
    """Which rules count. `negation_keeps` is what negation leaves of a weight: 0 removes the word, 1 ignores it."""

    negation: bool = True
    negation_window: int = 3
    negation_keeps: float = NEGATION_KEEPS
    intensifiers: bool = True
    capitals: bool = True
    exclamations: bool = True


CUE_WORDS = tuple(sorted(NEGATORS | INTENSIFIERS.keys() | CLAUSE_WORDS | set().union(*PHRASES)))
"""Every word that modifies others, alone or in a phrase."""

CUE_CODES: Mapping[str, int] = {word: code for code, word in enumerate(CUE_WORDS, start=1)}
"""Word → code, from 1; 0 stands for any other word."""

_CODE_OF_BYTES = {word.encode(): code for word, code in CUE_CODES.items()}
_N_CODES = 1 + len(CUE_WORDS) + len(PHRASES)  # a phrase's second word gets a code of its own
_NEGATES = np.array([word in NEGATORS for word in ("", *CUE_WORDS)] + [False] * len(PHRASES))
_BOOST = np.array([INTENSIFIERS.get(word, 0.0) for word in ("", *CUE_WORDS)] + list(PHRASES.values()))
_OPENS_CLAUSE = np.array([word in CLAUSE_WORDS for word in ("", *CUE_WORDS)] + [False] * len(PHRASES))
_PHRASE = np.zeros((_N_CODES, _N_CODES), np.uint8)
for _number, (_first, _second) in enumerate(PHRASES):
    _PHRASE[CUE_CODES[_first], CUE_CODES[_second]] = 1 + len(CUE_WORDS) + _number


def cues_of(words: Sequence[bytes]) -> IntArray:
    """Return the code of each word, (n_words,), 0 for one that modifies nothing.

    >>> (cues_of([b"table", b"not"]) > 0).tolist()
    [False, True]
    """
    return np.fromiter(map(_CODE_OF_BYTES.get, words, repeat(0)), np.int16, len(words))


def negates(cues: IntArray) -> BoolArray:
    """Return which codes are negators, whatever phrase they may stand in, (n_tokens,)."""
    return np.asarray(_NEGATES[cues])


def negated(tokens: Tokens, cues: IntArray, window: int = Rules().negation_window) -> BoolArray:
    """Return which tokens a negation covers, (n_tokens,): those up to `window` words after it, in the same clause.

    >>> tokens = Tokens.of(["I am not so happy, but glad. No doubt!"])
    >>> [word.decode() for word, covered in zip(tokens.words, negated(tokens, cues_of(tokens.words))) if covered]
    ['so', 'happy']
    """
    cues, _ = join_phrases(tokens, cues)
    return _negated(cues, _clauses(tokens, cues), window)


def _clauses(tokens: Tokens, cues: IntArray) -> IntArray:
    """Return a number per token that grows where a sentence or a clause begins, (n_tokens,)."""
    return np.asarray(tokens.sentence + np.cumsum(_OPENS_CLAUSE[cues], dtype=np.int32))


def _negated(cues: IntArray, clause: IntArray, window: int) -> BoolArray:
    covered, at = np.zeros(len(cues), np.bool_), np.flatnonzero(_NEGATES[cues])
    for lag in range(1, window + 1):
        after = at[at < len(cues) - lag] + lag
        covered[after[clause[after] == clause[after - lag]]] = True
    return covered


def join_phrases(tokens: Tokens, cues: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the codes with phrases read as one, and which tokens are part of a phrase; both (n_tokens,)."""
    part = np.zeros(len(cues), np.bool_)
    phrase = _PHRASE[cues[:-1], cues[1:]]
    first = np.flatnonzero(phrase)
    first = first[tokens.sentence[first] == tokens.sentence[first + 1]]
    joined = cues.copy()
    joined[first], joined[first + 1] = 0, phrase[first]
    part[first] = part[first + 1] = True
    return joined, part


def word_factors(tokens: Tokens, cues: IntArray, at: IntArray, rules: Rules) -> FloatArray:
    """Return what the weights of the words at these places are multiplied by, (n_at,).

    `cues` (n_tokens,) are codes from `CUE_CODES`, 0 for any other word. The factor is
    (1 + sum of increments · decay + capitals) · negation.
    """
    factors = np.ones(len(at))
    if rules.capitals:
        factors += CAPITALS * tokens.capital[at]
    if (rules.negation or rules.intensifiers) and len(at):
        cues, part_of_phrase = join_phrases(tokens, cues)
        clause = _clauses(tokens, cues)
        for lag, decay in enumerate(DECAY if rules.intensifiers else (), start=1):
            before = np.maximum(at - lag, 0)
            reaches = (before == at - lag) & (clause[before] == clause[at])
            factors += reaches * _BOOST[cues[before]] * decay
        factors[part_of_phrase[at]] = 0.0
        if rules.negation:
            factors[_negated(cues, clause, rules.negation_window)[at]] *= rules.negation_keeps
    return factors


def text_factors(tokens: Tokens, n_emotional: IntArray, rules: Rules) -> FloatArray:
    """Return what exclamation marks multiply the weights of each text by, (n_texts,).

    Each of up to four "!" adds 0.292 of a word to a text with `n_emotional` (n_texts,) emotional words; they share it.
    """
    if not rules.exclamations:
        return np.ones(len(n_emotional))
    marks = np.minimum(tokens.marks("!"), MAX_EXCLAMATIONS)
    return np.asarray(1.0 + EXCLAMATION * marks / np.maximum(n_emotional, 1))
