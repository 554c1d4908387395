"""What a story leaves open is told: units of time in JSON, words in parentheses, what may be a speaker's name."""

import json

import pytest

from emotopy.errors import InputError
from emotopy.readers.narratives import read_narrative

pytestmark = pytest.mark.usefixtures("flags")


@pytest.fixture
def story(tmp_path):
    """Read a story of this content."""

    def read(name, content, **options):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return read_narrative(path, **options)

    return read


def srt(*texts):
    """Write captions of 2 s."""
    return "\n".join(
        f"{i + 1}\n00:00:{2 * i:02d},000 --> 00:00:{2 * i + 2:02d},000\n{text}\n" for i, text in enumerate(texts)
    )


def said(narrative):
    """Return the pieces' texts."""
    return [piece.text for piece in narrative.words]


MILLISECONDS = {
    "text": "We cried",
    "words": [{"text": "We", "start": 500, "end": 900}, {"text": "cried", "start": 900, "end": 1400}],
}


def test_json_in_milliseconds_is_asked_about(story):
    """A word of 450 s is none: services write milliseconds under the names by which aligners write seconds."""
    with pytest.raises(InputError) as raised:
        story("a.json", json.dumps(MILLISECONDS))
    assert raised.value.file == "a.json"
    assert "--time-unit ms" in raised.value.advice
    words = story("a.json", json.dumps(MILLISECONDS), time_unit="ms").words
    assert [(word.onset_s, word.offset_s) for word in words] == [(0.5, 0.9), (0.9, 1.4)]
    words = story("a.json", json.dumps(MILLISECONDS), time_unit="s").words
    assert words[0].onset_s == 500


def test_json_that_says_its_unit_takes_no_other(story):
    """whisper.cpp's offsets are milliseconds; saying seconds would be wrong by a thousand."""
    content = json.dumps({"transcription": [{"offsets": {"from": 500, "to": 1400}, "text": " We cried."}]})
    assert story("a.json", content).words[0].offset_s == 1.4
    with pytest.raises(InputError):
        story("a.json", content, time_unit="s")


@pytest.mark.parametrize(
    "found",
    [
        [{"text": "We", "start": 0.5, "duration": 0.4}, {"text": "cried", "start": 0.9, "duration": 0.5}],
        {"chunks": [{"timestamp": [0.5, 0.9], "text": " We"}, {"timestamp": [0.9, 1.4], "text": " cried"}]},
    ],
)
def test_json_with_durations_or_pairs(story, found):
    """Lists of captions have durations, Transformers pairs of start and end."""
    words = story("a.json", json.dumps(found)).words
    assert [(word.text, word.onset_s, round(word.offset_s, 9)) for word in words] == [
        ("We", 0.5, 0.9),
        ("cried", 0.9, 1.4),
    ]


def test_few_words_in_parentheses_are_told(story):
    """A sound, or an aside? They stay words, and a note says so; of an aside of a sentence there is no doubt."""
    narrative = story("a.srt", srt("(Laughs) I know.", "Well.", "(this is what she thought all day) No."))
    assert said(narrative)[0] == "(Laughs) I know."
    (note,) = narrative.notes
    assert "1 piece" in note
    assert "Laughs" not in note


def test_a_label_in_parentheses_is_a_sound(story):
    """In a tier or a table of single words; "laugh" is joy."""
    narrative = story("a.csv", "onset,offset,word\n0.5,0.9,we\n0.9,1.4,(laugh)\n1.4,1.9,cried\n")
    assert said(narrative) == ["we", "cried"]
    assert any("(laugh)" in note for note in narrative.notes)


def test_wide_brackets(story):
    """Brackets as Chinese and Japanese captions write them."""
    narrative = story("a.srt", srt("我很高兴", "【音乐】", "（笑）", "［拍手］然后我们哭了"))
    assert said(narrative) == ["我很高兴", "然后我们哭了"]


@pytest.mark.parametrize("text", ["O'Brien: hi there", "ANNA: I WAS HAPPY", "旁白：然后我们哭了", "Анна: мы плакали"])
def test_what_may_be_a_name_is_told(story, text):
    """Once, or in a file of capitals, a name can't be told from words before a colon: words, with a note."""
    others = ("WELL.", "WE CRIED.") if text.isupper() else ("Well.", "We cried: all of us.")
    narrative = story("a.srt", srt(*others, text))
    assert said(narrative)[-1] == text
    (note,) = narrative.notes
    assert "1 piece" in note


def test_a_colon_within_a_sentence_is_no_doubt(story):
    """No note where nothing looks like a name."""
    assert story("a.srt", srt("I said: no.", "At 10:30 we left.", "And then: silence.")).notes == ()


@pytest.mark.parametrize("aside", ["(softly)", "[on the phone]"])
def test_a_name_with_how_it_is_said(story, aside):
    """`ANNA (softly): yes` is spoken by ANNA."""
    (piece, _) = story("a.srt", srt(f"ANNA {aside}: yes", "well")).words
    assert (piece.text, piece.speaker) == ("yes", "ANNA")


@pytest.mark.parametrize(("unit", "n_notes"), [(0.4, 0), (10, 1)])
def test_words_that_last_too_long_are_told(story, unit, n_notes):
    """Frames of a film are no seconds, though no word lasts half a minute of them."""
    rows = "".join(f"{unit * i:.1f}\t{unit * (i + 1):.1f}\tword\n" for i in range(40))
    assert len(story("a.tsv", f"onset\toffset\tword\n{rows}").notes) == n_notes


@pytest.mark.parametrize("label", ["旁白：", "أحمد: ", "Анна: ", "Anna: "])
def test_names_in_every_script(story, label):
    """A name that comes again is no word, whether its script has capitals or not."""
    words = story("a.srt", srt(f"{label}one", "two", f"{label}three")).words
    assert [(word.text, word.speaker) for word in words] == [
        ("one", label.strip(" :：")),
        ("two", ""),
        ("three", label.strip(" :：")),
    ]
