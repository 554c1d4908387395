"""Captions: what is text and what isn't, what is shown again, who speaks, what is told."""

from __future__ import annotations

import pytest

from emotopy.errors import InputError
from emotopy.readers.caption_files import read_captions
from emotopy.readers.narratives import read_narrative
from emotopy.readers.transcripts import read_transcript


def srt(*texts, numbered=True):
    """Captions of a second each."""
    return "".join(
        (f"{i}\n" if numbered else "") + f"00:00:{i:02d},000 --> 00:00:{i + 1:02d},000\n{text}\n\n"
        for i, text in enumerate(texts, start=1)
    )


@pytest.fixture
def texts(write):
    """Read captions as a story; return the texts, and the narrative."""

    def read(content, name="a.srt"):
        narrative = read_narrative(write(name, content))
        return [word.text for word in narrative.words], narrative

    return read


def test_people_repeat_themselves(texts):
    """One repeated caption, even two, are no rolling captions; a file of them is doubtful, and that is told."""
    said, narrative = texts(srt("No.", "No.", "I said no.", "Go away.", "Now.", "Please."))
    assert said == ["No.", "No.", "I said no.", "Go away.", "Now.", "Please."]
    assert narrative.notes == ()
    said, narrative = texts(srt("Thank you.", "Thank you.", "Thank you.", "Thank you."))
    assert said == ["Thank you."] * 4
    assert len(narrative.notes) == 1


def test_captions_that_grow_word_by_word_are_read_once(texts):
    """Each shows the one before and a word more; the times are those at which a word appears."""
    said, narrative = texts(srt("we", "we saw", "we saw the", "we saw the sea"))
    assert said == ["we", "saw", "the", "sea"]
    assert [word.onset_s for word in narrative.words] == [1, 2, 3, 4]
    assert len(narrative.notes) == 1


def test_a_sentence_said_twice_with_marked_words_is_read_twice(texts):
    """The mark begins anew."""
    said, _ = texts(srt("<u>So</u> sad", "So <u>sad</u>", "<u>So</u> sad", "So <u>sad</u>"))
    assert said == ["So", "sad", "So", "sad"]


def test_words_that_are_never_marked_are_kept(texts):
    """A figure that has no time goes with the word behind it; punctuation with its word."""
    said, _ = texts(srt("<u>In</u> 1984, we", "In 1984, <u>we</u>", "In 1984, we"))
    assert said == ["In", "1984, we"]
    said, _ = texts(srt("<u>No</u>, <i>never</i>!", "No, <u>never</u>!"))
    assert said == ["No,", "never!"]


def test_marks_for_emphasis_are_no_highlights(texts):
    """One marked word in a caption that comes once."""
    said, narrative = texts(srt("I was <b>so</b> happy", "It <u>was</u> late"))
    assert said == ["I was so happy", "It was late"]
    assert narrative.notes == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            srt("ANNA: I was happy.", "BEN: Me too.", "Good."),
            [("ANNA", "I was happy."), ("BEN", "Me too."), ("", "Good.")],
        ),
        (srt("Remember: never again.", "So it was."), [("", "Remember: never again."), ("", "So it was.")]),
        (srt("REMEMBER: NEVER AGAIN.", "SO IT WAS."), [("", "REMEMBER: NEVER AGAIN."), ("", "SO IT WAS.")]),
        (
            srt("Anna: yes.", "well: no.", "Anna: no.", "Oh."),
            [("Anna", "yes."), ("", "well: no."), ("Anna", "no."), ("", "Oh.")],
        ),
        (srt(">> Well.", "- Yes.\n- No."), [("", "Well."), ("", "Yes."), ("", "No.")]),
        (srt("<v.loud Anna>Yes.</v> <v Ben>No.", "(sighs)", "ok"), [("Anna", "Yes."), ("Ben", "No."), ("", "ok")]),
    ],
)
def test_speakers_are_no_words(texts, content, said):
    """Names in capitals, that come again, or in tags; a colon in a sentence makes none."""
    _, narrative = texts(content)
    assert [(word.speaker, word.text) for word in narrative.words] == said


def test_voices_share_the_time_of_their_caption(texts):
    """By their letters; the caption's end is kept exactly."""
    _, narrative = texts(srt("- Yes.\n- No no no."))
    assert [(word.onset_s, word.offset_s) for word in narrative.words] == [(1, 1 + 4 / 13), (1 + 4 / 13, 2)]


def test_marked_words_have_the_speaker_of_their_caption(texts):
    """The name stands before the first; the next caption may be somebody else's."""
    label = "[SPEAKER_00]: "
    _, narrative = texts(srt(f"{label}<u>so</u> sad", f"{label}so <u>sad</u>", "oh"))
    assert [(word.speaker, word.text) for word in narrative.words] == [
        ("SPEAKER_00", "so"),
        ("SPEAKER_00", "sad"),
        ("", "oh"),
    ]


def test_lines_with_times_in_brackets(texts):
    """Text on the next line goes on; the first line must have times."""
    said, narrative = texts(
        "[00:01.000 --> 00:02.000]  we saw\nthe sea\n\n[00:00:02.5 --> 00:00:03]\nSPEAKER_01: ok\n", "a.txt"
    )
    assert said == ["we saw the sea", "ok"]
    assert [word.speaker for word in narrative.words] == ["", "SPEAKER_01"]
    with pytest.raises(InputError):
        texts("hello\n[00:01.000 --> 00:02.000] we saw\n", "a.txt")


def test_ends_of_lines_are_blanks_and_tags_nothing(texts):
    """As HTML and SubStation Alpha write them; a tag may stand within a word."""
    said, narrative = texts(srt("we<br>saw<BR/>the\\Nsea", "<font color='red'>c</font><i>ried</i>", "I <3 you -> yes"))
    assert said == ["we saw the sea", "cried", "I <3 you -> yes"]
    assert narrative.notes == ()


def test_sounds_in_angle_brackets_are_counted(texts):
    """They are no markup."""
    said, narrative = texts(srt("we <laughter> cried", "<unk>"))
    assert said == ["we cried"]
    assert "2 labels" in narrative.notes[0]


def test_sounds_are_left_out_and_counted(texts):
    """In brackets, parentheses of few words, capitals, notes of music; what is sung is said."""
    said, narrative = texts(
        srt(
            "[door slams]",
            "(sighs)",
            "♪ happy days ♪",
            "Well (DOOR OPENS) yes",
            "(this is what she thought all day)",
            "♪♪",
        )
    )
    assert said == ["happy days", "Well yes", "(this is what she thought all day)"]
    (note,) = narrative.notes
    assert "3 labels" in note


def test_webvtt_blocks(texts):
    """Comments, styles and regions are no text, nor are names of cues; text behind a blank line is kept and told."""
    content = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
        "NOTE\nof mine\nand more\n\n"
        "intro\n00:01.000 --> 00:02.000 position:10%,line-left align:left\nwe saw\n\nthe sea\n\nNOTE 1 --> 2?\n\n"
        "2\n00:02.000 --> 00:03.000\nand &lt;cried&gt; &amp;c.\n\n"
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0\n\n00:03.000 --> 00:04.000\nfor joy\n"
    )
    said, narrative = texts(content, "a.vtt")
    assert said == ["we saw the sea", "and &c.", "for joy"]
    assert "lines 15" in narrative.notes[0]


def test_a_file_is_read_as_what_it_is(texts):
    """SubRip in a .vtt, WebVTT in a .srt or without an ending; both are told where the ending says otherwise."""
    assert texts(srt("hi"), "a.vtt")[0] == ["hi"]
    said, narrative = texts("WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n", "a.srt")
    assert said == ["hi"]
    assert len(narrative.notes) == 1
    assert texts(srt("hi"), "captions")[0] == ["hi"]


def test_numbers_are_told_from_text(texts):
    """The one before the times is the caption's where captions are numbered, and text where they aren't."""
    assert texts(srt("I was", "42", "then 43"))[0] == ["I was", "42", "then 43"]
    assert texts(srt("I was\n42", "then\n43"))[0] == ["I was 42", "then 43"]
    assert texts(srt("I was\n42", "then\n43", numbered=False))[0] == ["I was 42", "then 43"]
    assert texts(srt("I was", "50"))[0] == ["I was", "50"]  # no time follows the last
    close = "1\n00:01,0 --> 00:02,0\nI was\n2\n00:02,0 --> 00:03,0\nhappy\n"
    assert texts(close)[0] == ["I was", "happy"]


def test_arrows_in_text_are_text(texts):
    """Without a time beside it."""
    assert texts(srt("press --> now", "ok"))[0] == ["press --> now", "ok"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nhi\n\n2\n00:00:03,000 -->\nho\n", 6),
        ("1\n00:00:01,000 --> 00:00:02,000\nhi\n\n\n\n2\n00:00:03 --> later 5:00\nho\n", 8),
        ("\n\nhello\n1\n00:00:01,000 --> 00:00:02,000\nhi\n", 3),
        ("hello\n", 1),
    ],
)
def test_lines_of_errors_are_counted_right(content, line):
    """From 1, blank lines too."""
    with pytest.raises(InputError) as caught:
        read_captions(content, "a.srt", is_webvtt=False)
    assert (caught.value.file, caught.value.row) == ("a.srt", line)


def test_transcripts_of_talk_have_no_sounds_and_no_repetitions(write):
    """The text pathway reads captions as stories do."""
    content = srt("ANNA: [laughs] we saw {LG} the sea", "ANNA: ♪♪", "BEN: yes")
    transcript = read_transcript(write("a.srt", content))
    assert [(turn.speaker, turn.text) for turn in transcript.turns] == [("ANNA", "we saw the sea"), ("BEN", "yes")]
    assert sum(transcript.left_out.values()) == 1
    assert any("2 labels" in note for note in transcript.notes)
