"""Stories in forms that users have, from reports: each was misread or refused."""

from __future__ import annotations

import pytest

from emotopy.readers.narratives import read_narrative

TEXTGRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'


@pytest.fixture
def read(tmp_path):
    """Read a story of this name and content."""

    def narrative(name, content):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return read_narrative(path)

    return narrative


def words_of(narrative):
    return [(word.text, word.onset_s, word.offset_s) for word in narrative.words]


def tier(name, labels, declared=None):
    """A tier of the short form: a label a second."""
    lines = ['"IntervalTier"', f'"{name}"', "0", str(len(labels)), str(len(labels) if declared is None else declared)]
    for i, label in enumerate(labels):
        lines += [str(i), str(i + 1), f'"{label}"']
    return "\n".join(lines)


def textgrid(*tiers, n_s):
    return f"{TEXTGRID}0\n{n_s}\n<exists>\n{len(tiers)}\n" + "\n".join(tiers) + "\n"


def test_case_01_milliseconds_of_whisper(read):
    """Whole numbers under whisper's header: 14.2 s, not four hours; a note says so."""
    narrative = read(
        "story.tsv",
        "start\tend\ttext\n0\t2400\tI was so happy to see the sea again.\n2400\t6100\tThen the storm came.\n"
        "6100\t9800\tNobody slept that night, we cried.\n9800\t14200\tIn the morning the sun rose.\n",
    )
    assert [(word.onset_s, word.offset_s) for word in narrative.words] == [
        (0, 2.4),
        (2.4, 6.1),
        (6.1, 9.8),
        (9.8, 14.2),
    ]
    assert narrative.end_s == 14.2
    assert len(narrative.notes) == 1


def test_case_03_a_caption_a_word(read):
    """Each caption shows the sentence, one word underlined: six words, once each, with their own times."""
    shown = [
        ("0,000", "0,400", "<u>We</u> cried for hours"),
        ("0,400", "0,900", "We <u>cried</u> for hours"),
        ("0,900", "1,200", "We cried <u>for</u> hours"),
        ("1,200", "1,800", "We cried for <u>hours</u>"),
        ("3,000", "3,500", "<u>Then</u> joy"),
        ("3,500", "4,200", "Then <u>joy</u>"),
    ]
    content = "".join(f"{i}\n00:00:0{a} --> 00:00:0{b}\n{text}\n\n" for i, (a, b, text) in enumerate(shown, start=1))
    narrative = read("story.srt", content)
    assert words_of(narrative) == [
        ("We", 0.0, 0.4),
        ("cried", 0.4, 0.9),
        ("for", 0.9, 1.2),
        ("hours", 1.2, 1.8),
        ("Then", 3.0, 3.5),
        ("joy", 3.5, 4.2),
    ]
    assert len(narrative.notes) == 1


@pytest.mark.parametrize("declared", [2, 3, 9])
def test_case_12_a_header_that_miscounts(read, declared):
    """Too few or too many: every interval is read, and a note names the count."""
    content = textgrid(tier("words", ["we", "cried", "then", "laughed"], declared), tier("phones", list("abcd")), n_s=4)
    narrative = read("mfa.TextGrid", content)
    assert [word.text for word in narrative.words] == ["we", "cried", "then", "laughed"]
    assert narrative.end_s == narrative.declared_s == 4
    (note,) = narrative.notes
    assert str(declared) in note


def test_case_12_a_truncated_file_still_breaks_off(read):
    """It ends before its tier does."""
    content = textgrid(tier("words", ["we", "cried", "then", "laughed"]), n_s=4)
    narrative = read("mfa.TextGrid", content[: content.index('"then"')])
    assert [word.text for word in narrative.words] == ["we", "cried"]
    assert (narrative.end_s, narrative.declared_s) == (2, 4)


def test_case_13_events_without_times(read):
    """Rows without a word may lack times."""
    narrative = read(
        "sub-01_task-story_events.tsv",
        "onset\tduration\ttrial_type\tword\n0.0\t0.4\tword\twe\n0.4\t0.6\tword\tcried\n1.2\tn/a\tbutton\tn/a\n"
        "2.0\t0.5\tword\tthen\nn/a\tn/a\tmissed\tn/a\n2.5\t0.5\tword\tlaughed\n",
    )
    assert words_of(narrative) == [("we", 0, 0.4), ("cried", 0.4, 1.0), ("then", 2.0, 2.5), ("laughed", 2.5, 3.0)]
    assert narrative.notes == ()


def test_case_14_an_aligners_table_without_a_header(read):
    """Words with times are the story; the one that was not found is counted."""
    narrative = read(
        "align.csv", "We,we,0.50,0.90\ncried,cried,0.90,1.40\nzyx,,,\nthen,then,2.00,2.40\nlaughed,laughed,2.40,3.00\n"
    )
    assert words_of(narrative) == [("We", 0.5, 0.9), ("cried", 0.9, 1.4), ("then", 2, 2.4), ("laughed", 2.4, 3.0)]
    assert len(narrative.notes) == 2
    assert "1 row" in narrative.notes[1]


@pytest.mark.parametrize(
    ("name", "labels", "words"),
    [
        ("words", ["", "we", "<unk>", "cried", "[laughter]", "{NS}", "<cutoff-ho>", "home", "{LG}", "<usb>"], 3),
        ("word", ["{BR}", "I", "sp", "{LG}", "cried", "{NS}", "br", "sentence_end"], 2),
        ("ORT-MAU", ["<p:>", "I", "<nib>", "cried", "<usb>"], 2),
    ],
)
def test_case_15_markers_of_aligners(read, name, labels, words):
    """What isn't speech is no word; a note counts it."""
    narrative = read("a.TextGrid", textgrid(tier(name, labels), n_s=len(labels)))
    assert len(narrative.words) == words
    assert not {"laughter", "{LG}", "br"} & {word.text for word in narrative.words}
    assert len(narrative.notes) == 1


def test_case_25_missing_words(read):
    """NA and nan are missing; None and null are words."""
    narrative = read(
        "words_R.tsv",
        "onset\tduration\tword\n0\t0.5\twe\n0.5\t0.5\tNA\n1.0\t0.5\tcried\n1.5\t0.5\tnan\n2\t0.5\tNone\n2.5\t0.5\tnull\n",
    )
    assert [word.text for word in narrative.words] == ["we", "cried", "None", "null"]


def test_case_28_stamps_without_hours(read):
    """Minutes and seconds."""
    narrative = read(
        "story.srt",
        "1\n00:01,000 --> 00:03,500\nI was so happy\n\n2\n00:03,500 --> 00:07,000\nthen the storm came\n",
    )
    assert words_of(narrative) == [("I was so happy", 1.0, 3.5), ("then the storm came", 3.5, 7.0)]


def test_case_34_a_caption_that_lasts_no_time(read):
    """Its text is kept, and no way to cut the story stops at it."""
    from emotopy.pathways.annotation.segments import cut

    narrative = read(
        "story.srt",
        "1\n00:00:00,000 --> 00:00:02,000\nI was happy\n\n2\n00:00:02,000 --> 00:00:02,000\noh\n\n"
        "3\n00:00:02,000 --> 00:00:05,000\nthen we cried\n",
    )
    assert words_of(narrative) == [("I was happy", 0.0, 2.0), ("oh", 2.0, 2.0), ("then we cried", 2.0, 5.0)]
    for segmentation in ("seconds", "pause", "given"):
        assert " ".join(cut(narrative, segmentation).texts) == "I was happy oh then we cried"
    assert cut(narrative, "given").texts == ("I was happy oh", "then we cried")
    assert len(narrative.notes) == 1
