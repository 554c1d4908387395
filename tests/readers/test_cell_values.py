"""Cells at once are what they are one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.readers import corpora
from emotopy.readers.cell_values import as_label, as_labels, as_text, as_texts

LETTERS = st.sampled_from(list("ab \t\n\x00\x1c\x7f\x85\xa0\u2028\u3000é\u0301\ud800😀-"))
WORDS = st.lists(LETTERS, max_size=6).map("".join)
CELLS = st.one_of(
    st.lists(st.one_of(WORDS, st.sampled_from(["so it is", "so it was so", "p1"]))),
    st.lists(st.one_of(WORDS, st.none(), st.integers(), st.floats(), st.booleans())),
)


@settings(max_examples=500)
@given(cells=CELLS)
def test_labels_at_once_are_labels_one_by_one(cells):
    """Blanks, accents, halves of surrogate pairs, missing values, numbers."""
    assert as_labels(cells) == tuple(as_label(cell) for cell in cells)


@settings(max_examples=500)
@given(cells=CELLS)
def test_texts_at_once_are_texts_one_by_one(cells):
    """And where words are said to be parted by one blank each, they are."""
    texts, is_regular = as_texts(cells)
    assert texts == tuple(as_text(cell) for cell in cells)
    if is_regular:
        assert all(" ".join(text.split()) == text for text in texts)


@settings(max_examples=300)
@given(
    cells=st.lists(
        st.sampled_from(["so it is so", "so  it is so", " so it is so", "yes", "", "and so it goes", "é so it is"])
    )
)
def test_repetition_is_the_same_however_it_is_counted(cells):
    """The quick count of texts with single blanks, and the slow one of words."""
    texts, is_regular = as_texts(cells)
    assert corpora._on_repetition(texts, is_regular) == corpora._on_repetition(texts, False)
