"""Why a text has its region: words are marked where they stand."""

from __future__ import annotations

import re
from types import MappingProxyType

import attrs
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.records import PageLimits
from emotopy_plugins.reporters.sections.reasons import align, reasons_reading

LIMITS = PageLimits()
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def spans_of(text):
    return [match.span() for match in WORD.finditer(text)]


def table_of(text_id, text, contributions, regions=("insula",)):
    return pd.concat(
        [
            pd.DataFrame(
                {"id": text_id, "position": range(len(spans)), "start": [a for a, _ in spans]}
                | {"end": [b for _, b in spans], "region": region, "contribution": contributions}
            )
            for region in regions
            for spans in [spans_of(text)]
        ],
        ignore_index=True,
    )


@attrs.frozen
class Explained:
    """A result with reasons, and its texts where they were given again."""

    result: object
    reasons: pd.DataFrame
    clusters: pd.DataFrame
    shown_texts: dict | None = None
    no_texts: bool = False

    @property
    def tables(self):
        return MappingProxyType({**self.result.tables, "reasons": self.reasons, "clusters": self.clusters})

    def __getattr__(self, name):
        return getattr(self.result, name)


@attrs.frozen
class Bare:
    """The same without texts: it has no attribute `shown_texts`."""

    tables: object
    axis: object
    no_texts: bool = False


def clusters_of(*rows):
    columns = ["cluster", "n_texts", "exemplar_1", "exemplar_id_1"]
    return pd.DataFrame([(i, 9 - i, *row) for i, row in enumerate(rows)], columns=columns)


TEXT = "It rained. I was so afraid, so afraid of it! We sang."


SENTENCES = st.lists(st.sampled_from(["ab", "c", "déf", "it's", "x1"]), min_size=1, max_size=5)


@given(st.lists(SENTENCES, min_size=1, max_size=5))
def test_a_sentence_is_found_where_it_stands_or_nowhere(sentences):
    """Of a text of sentences, each is aligned to its own words; one that fits in several places is left alone."""
    said = [" ".join(words) + "." for words in sentences]
    text = "  ".join(said)
    spans = spans_of(text)
    at = 0
    for one, words in zip(said, sentences, strict=True):
        found = align(one, spans)
        begin = text.index(one, at)
        if found is not None:
            place, base, n = found
            assert n == len(words)
            assert base == begin
            assert [text[a:b] for a, b in spans[place : place + n]] == words
        at = begin + len(one)


def test_marks_are_those_of_the_words(result):
    """The sentence of a cluster is cut into its words, each with its own contribution and colour."""
    values = [0.0, 0.0, 0.0, 0.1, -0.1, 1.0, 0.2, 0.9, 0.0, 0.0, 0.0, 0.0]
    sentence = "I was so afraid, so afraid of it!"
    bare = Bare({"reasons": table_of("t", TEXT, values), "clusters": clusters_of((sentence, "t"))}, result.axis)
    reading = reasons_reading(bare, LIMITS)
    (card,) = reading["cards"]
    assert "".join(part["text"] for part in card["parts"]) == sentence
    words = [(part["text"], part["title"]) for part in card["parts"] if part["step"] is not None]
    assert words == [("I", "0.00"), ("was", "+0.10"), ("so", "−0.10"), ("afraid", "+1.00"), ("so", "+0.20"),
                     ("afraid", "+0.90"), ("of", "0.00"), ("it", "0.00")]  # fmt: skip
    steps = [part["step"] for part in card["parts"] if part["step"] is not None]
    assert steps[3] == 5
    assert steps[2] <= 0


@pytest.mark.parametrize(("outside", "inside", "is_said"), [(0.4, 0.3, True), (0.3, 0.4, False), (-0.1, -0.5, False)])
def test_a_sentence_that_does_not_explain_the_region_says_so(result, outside, inside, is_said):
    """The heading names the region of the whole text; where another sentence lifts it most, that is said."""
    values = [0.0, outside, *[inside] * 10]
    bare = Bare({"reasons": table_of("t", TEXT, values), "clusters": clusters_of(("We sang.", "t"))}, result.axis)
    assert [card["is_elsewhere"] for card in reasons_reading(bare, LIMITS)["cards"]] == [is_said]
    whole = Explained(result, table_of("t", TEXT, values), clusters_of(("We sang.", "t")), {"t": TEXT})
    assert [card["is_elsewhere"] for card in reasons_reading(whole, LIMITS)["cards"]] == [False]


def test_given_texts_are_shown_whole(result):
    """With its texts a result shows every explained text, from its first word to its last."""
    table = table_of("t", TEXT, [0.5] * 12, ("insula", "amygdala"))
    explained = Explained(result, table, clusters_of(), {"t": TEXT})
    (card,) = reasons_reading(explained, LIMITS)["cards"]
    assert "".join(part["text"] for part in card["parts"]) == TEXT
    assert card["region"] == "insula"
    assert [name for name, _ in card["others"]] == ["amygdala"]


@pytest.mark.parametrize("change", [{"no_texts": True}, {"reasons": table_of("t", TEXT, [0.5] * 12).iloc[:0]}])
def test_no_section_without_texts_or_reasons(result, change):
    """Nothing is shown where texts are to be left out, and where nothing was explained."""
    explained = Explained(result, table_of("t", TEXT, [0.5] * 12), clusters_of((TEXT, "t")), {"t": TEXT})
    assert reasons_reading(attrs.evolve(explained, **change), LIMITS) is None


def test_a_sentence_that_is_not_the_texts_is_not_marked(result):
    """An exemplar whose words stand elsewhere gets no marks, rather than wrong ones."""
    clusters = clusters_of(("Something else entirely.", "t"))
    bare = Bare({"reasons": table_of("t", TEXT, [0.5] * 12), "clusters": clusters}, result.axis)
    assert reasons_reading(bare, LIMITS) is None
