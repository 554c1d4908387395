"""Praat TextGrids, whole and broken off."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.readers.narratives import read_narrative
from emotopy.readers.textgrids import read_textgrid, read_tiers

pytestmark = pytest.mark.usefixtures("flags")

WORDS = [(0.5, 1.0, "sp"), (1.0, 1.25, "Alice"), (1.25, 2.0, 'said "no" = yes!'), (2.0, 4.5, "")]


def long_form(tiers=(("word", WORDS),), kind="IntervalTier") -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0.5", "xmax = 4.5"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", f'        class = "{kind}"', f'        name = "{name}"']
        lines += [
            "        xmin = 0.5",
            "        xmax = 4.5",
            f"        intervals: size = {len(intervals)}",
        ]
        for i, (onset, offset, text) in enumerate(intervals, start=1):
            escaped = text.replace('"', '""')
            lines += [f"        intervals [{i}]:", f"            xmin = {onset}"]
            lines += [f"            xmax = {offset}", f'            text = "{escaped}"']
    return "\n".join(lines) + "\n"


def short_form() -> str:
    lines = ['File type = "ooTextFile"', '"TextGrid"', "", "0.5", "4.5", "<exists>", "1", '"IntervalTier"', '"word"']
    lines += ["0.5", "4.5", str(len(WORDS))]
    for onset, offset, text in WORDS:
        escaped = text.replace('"', '""')
        lines += [str(onset), str(offset), f'"{escaped}"']
    return "\n".join(lines)


@pytest.mark.parametrize("content", [long_form(), short_form()], ids=["long", "short"])
def test_both_forms_are_read(content):
    """Words with their times, quotes and equals signs in them too; silence and empty labels are left out."""
    narrative = read_textgrid(content, "a.TextGrid")
    assert [(word.text, word.onset_s, word.offset_s) for word in narrative.words] == [
        ("Alice", 1.0, 1.25),
        ('said "no" = yes!', 1.25, 2.0),
    ]
    assert (narrative.end_s, narrative.declared_s, narrative.notes) == (4.5, 4.5, ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_praats_encodings_are_read(tmp_path, encoding):
    """Praat writes UTF-16 as soon as a label isn't ASCII."""
    path = tmp_path / "a.TextGrid"
    path.write_text(long_form((("word", [(0.5, 4.5, "Äpfel")]),)).replace("\n", "\r\n"), encoding=encoding)
    assert [word.text for word in read_narrative(path).words] == ["Äpfel"]


def test_wherever_it_is_cut_whole_intervals_are_kept():
    """Cut after any character: every interval whose text is whole is read, nothing else, and the gap is named."""
    content = long_form()
    whole = [content.index(f'text = "{text}"') + len(f'text = "{text}"') for text in ("sp", "Alice")]
    whole.append(content.index('yes!"') + len('yes!"'))
    for cut in range(content.index("intervals [1]"), len(content) - 20):
        (tier,) = read_tiers(content[:cut], "a.TextGrid")
        n_whole = sum(end <= cut for end in whole)
        # a quote at the very end may be the first of two, so there the interval isn't known to be whole
        assert len(tier.intervals) == n_whole - (cut in whole), cut
        assert not tier.is_whole
    narrative = read_textgrid(content[: whole[1] + 30], "a.TextGrid")
    assert (narrative.end_s, narrative.declared_s) == (1.25, 4.5)
    (note,) = narrative.notes
    assert "after interval 2 of 4, at 1.25 s; its header says 4.50 s. The last 3.25 s are unknown, not silent" in note


def test_a_file_without_a_whole_tier_is_an_error():
    """Cut before the first tier, or by nothing but silence, there are no words to read."""
    with pytest.raises(InputError, match=r"a\.TextGrid: breaks off before its first tier"):
        read_textgrid(long_form()[:120], "a.TextGrid")


def test_the_word_tier_is_found_or_asked_for():
    """By its name, behind a speaker's too; else the user says which, and a typo gets a suggestion."""
    other = [(0.5, 4.5, "x")]
    tiers = (("phones", other), ("Anna - words", WORDS))
    assert read_textgrid(long_form(tiers), "a").words[0].text == "Alice"
    assert read_textgrid(long_form(tiers), "a", "phones").words[0].text == "x"
    with pytest.raises(InputError, match=r"has no tier 'phone'\. Did you mean 'phones'\?"):
        read_textgrid(long_form(tiers), "a", "phone")
    with pytest.raises(InputError, match=r"the tier of words is ambiguous.*--text; interval tiers: one, two"):
        read_textgrid(long_form((("one", other), ("two", other))), "a")


def test_a_sentence_tier_is_kept():
    """It is what `--segmentation sentence` goes by."""
    narrative = read_textgrid(long_form((("word", WORDS), ("sentence", [(1.0, 2.0, "Alice said no")]))), "a")
    assert [sentence.text for sentence in narrative.sentences] == ["Alice said no"]


def test_markers_of_words_are_words_in_sentences():
    """In a tier of sentences only silence and what stands in brackets is left out; a note counts the latter."""
    sentences = [(0.5, 1.0, "sil"), (1.0, 2.0, "br"), (2.0, 3.0, "[laughter] so it is"), (3.0, 4.5, "{LG}")]
    narrative = read_textgrid(long_form((("utterances", sentences),)), "a")
    assert [word.text for word in narrative.words] == ["br", "so it is"]
    narrative = read_textgrid(long_form((("word", WORDS), ("sentence", sentences))), "a")
    assert [sentence.text for sentence in narrative.sentences] == ["br", "so it is"]
    assert "2 labels" in narrative.notes[0]


def test_the_speaker_of_a_tier_speaks_its_words():
    """As aligners name tiers."""
    narrative = read_textgrid(long_form((("Anna - words", WORDS), ("Anna - phones", WORDS))), "a")
    assert {word.speaker for word in narrative.words} == {"Anna"}


def test_more_tiers_than_the_header_says_are_read():
    """The header counts one; the word tier is the second."""
    content = long_form((("phones", WORDS), ("words", [(0.5, 4.5, "x")]))).replace("size = 2", "size = 1", 1)
    assert [word.text for word in read_textgrid(content, "a").words] == ["x"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("xmax = 1.25", 'xmax = "one"', 21),
        ('"ooTextFile"', '"ooBinary"', None),
        ("<exists>", "<absent>", None),
        ("IntervalTier", "PitchTier", 10),
        ("size = 4", "size = 4.5", 14),
        ("xmin = 1.25", "xmin = 0.75", 26),
        ("xmax = 1.25", "xmax = 0.25", 22),
    ],
)
def test_a_damaged_file_is_an_error_that_names_the_line(old, new, line):
    """What can't be read is never guessed."""
    assert old in long_form()
    with pytest.raises(InputError) as caught:
        read_textgrid(long_form().replace(old, new, 1), "a.TextGrid")
    assert (caught.value.file, caught.value.row) == ("a.TextGrid", line)


@pytest.mark.real_data
def test_the_alice_textgrid_is_read_as_far_as_it_goes(shared_data):
    """2,395 of 2,423 intervals, 735.01 of 743.63 s; silences and empty labels are no words."""
    narrative = read_narrative(shared_data / "alice-brennan2016" / "DownTheRabbitHole.TextGrid")
    assert len(narrative.words) == 2_103
    assert narrative.words[0].text == "Alice"
    assert narrative.words[-1].text == "was"
    assert narrative.end_s == pytest.approx(735.0140183671996)
    assert narrative.declared_s == pytest.approx(743.6344265311994)
    assert "after interval 2,395 of 2,423, at 735.01 s; its header says 743.63 s. The last 8.62 s" in narrative.notes[0]


@pytest.mark.extra
@pytest.mark.real_data
def test_it_agrees_with_tgt(shared_data):
    """Where tgt can read the file, it finds the same words at the same times."""
    tgt = pytest.importorskip("tgt")
    path = shared_data / "alice-brennan2016" / "DownTheRabbitHole.TextGrid"
    theirs = [
        (interval.text, interval.start_time, interval.end_time)
        for interval in tgt.io3.read_textgrid(str(path)).tiers[0]
        if interval.text != "sp"
    ]
    ours = read_narrative(path).words
    assert [word.text for word in ours] == [text for text, _, _ in theirs]
    np.testing.assert_allclose(
        [(word.onset_s, word.offset_s) for word in ours], [times for _, *times in theirs], atol=1e-9
    )
