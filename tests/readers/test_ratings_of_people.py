"""Ratings as people export them: summaries, long tables of several persons, R's and spreadsheets' separators."""

import pytest

from emotopy.errors import InputError
from emotopy.readers.narratives import read_narrative
from emotopy.readers.ratings import read_raters, read_ratings


@pytest.fixture
def table(tmp_path):
    """Write a table and return its path."""

    def write(content, name="ratings.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


SUMMARY = "onset,duration,joy_mean,joy_sd,joy_n,fear_mean,fear_sd\n0,8,0.1,0.3,12,0.5,0.2\n8,8,0.4,0.3,12,0.4,0.2\n"


def test_how_ratings_spread_is_no_emotion(table):
    """`joy_sd` beside `joy_mean` is neither an emotion nor a rater."""
    notes = []
    assert read_ratings(table(SUMMARY), notify=notes.append).emotions == ("joy_mean", "fear_mean")
    assert any("joy_sd" in note for note in notes)
    notes.clear()
    assert list(read_raters(table(SUMMARY), ["joy", "fear"], notify=notes.append)) == ["mean"]
    assert any("joy_sd" in note for note in notes)


def test_a_statistic_alone_is_a_rater(table):
    """Nothing says that `joy_max` is a maximum where there is no mean; asked for by name, it is an emotion."""
    path = table("onset,duration,joy_max,joy_ben\n0,8,0.1,0.3\n8,8,0.4,0.3\n")
    assert list(read_raters(path, ["joy"])) == ["ben", "max"]
    assert read_ratings(table(SUMMARY), emotions=["joy_sd"]).values[:, 0].tolist() == [0.3, 0.3]


@pytest.mark.parametrize("column", ["participant", "Subject", "participant_id", "video", "film", "trial_id"])
def test_rows_of_several_with_the_same_times_are_refused(table, column):
    """Two clocks are not one: persons aren't averaged and films aren't mixed without a word."""
    path = table(f"{column},onset,duration,joy\nA,0,8,0.1\nA,8,8,0.4\nB,0,8,0.2\nB,8,8,0.5\n")
    for emotions in (None, ["joy"]):
        with pytest.raises(InputError) as raised:
            read_ratings(path, emotions=emotions)
        assert (raised.value.file, raised.value.column) == ("ratings.csv", column)


def test_emotions_below_each_other_are_refused(table):
    """A column `rating` would be an emotion that is the mean of all."""
    path = table("onset,duration,emotion,rating\n0,8,joy,0.1\n0,8,fear,0.9\n8,8,joy,0.4\n8,8,fear,0.2\n")
    with pytest.raises(InputError) as raised:
        read_ratings(path)
    assert raised.value.column == "emotion"


def test_several_runs_one_after_the_other_are_one_rating(table):
    """Times that go on are one clock."""
    path = table("run,onset,duration,joy\n1,0,8,0.1\n1,8,8,0.4\n2,16,8,0.2\n")
    assert read_ratings(path).onset_s.tolist() == [0, 8, 16]


def test_persons_are_raters(table):
    """`--against` compares with each person, whatever the column is called."""
    path = table("participant,onset,duration,joy\n1,0,8,0.1\n1,8,8,0.4\n2,0,8,0.2\n2,8,8,0.5\n")
    raters = read_raters(path, ["joy"])
    assert {rater: of.values[:, 0].tolist() for rater, of in raters.items()} == {"1": [0.1, 0.4], "2": [0.2, 0.5]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", '"onset";"duration";"joy";"fear"\n0;8;0,1;0,7\n8;8;0,4;NA\n'),  # write.csv2
        ("a.csv", '"";"onset";"duration";"joy";"fear"\n"1";0;8;0,1;0,7\n"2";8;8;0,4;NA\n'),
        ("a.csv", '"","onset","duration","joy","fear"\n"1",0,8,0.1,0.7\n"2",8,8,0.4,NA\n'),  # write.csv
        ("a.tsv", '"onset"\t"duration"\t"joy"\t"fear"\n"1"\t0\t8\t0.1\t0.7\n"2"\t8\t8\t0.4\tNA\n'),  # write.table
        ("a.csv", '"onset","duration","joy","fear"\n"1",0,8,0.1,0.7\n"2",8,8,0.4,NA\n'),
        ("a.tsv", "onset\tduration\tjoy\tfear\n0\t8\t0,1\t0,7\n8\t8\t0,4\t\n"),
        ("a.csv", "onset;duration;joy;fear\n0,000;8,000;0,100;0,700\n8,000;8,000;0,400;\n"),  # a spreadsheet in German
    ],
)
def test_separators_and_row_names_of_r_and_spreadsheets(table, name, content):
    """The same table in each form: row names are no emotion, and no column is shifted by one."""
    ratings = read_ratings(table(content, name))
    assert ratings.emotions == ("joy", "fear")
    assert (ratings.onset_s.tolist(), ratings.duration_s.tolist()) == ([0, 8], [8, 8])
    assert ratings.values[:, 0].tolist() == [0.1, 0.4]
    assert ratings.values[0, 1] == 0.7


def test_row_names_without_quotes_are_in_doubt(table):
    """A header that is short by one may lack the last column's name as well: an error with the line."""
    with pytest.raises(InputError) as raised:
        read_ratings(table("onset,duration,joy\n1,0,8,0.1\n2,8,8,0.4\n"))
    assert raised.value.row == 2


def test_stories_of_r(table):
    """`write.table` of words."""
    path = table('"onset"\t"duration"\t"word"\n"1"\t0.5\t0.4\t"we"\n"2"\t0.9\t0.5\t"cried"\n', "words.tsv")
    words = read_narrative(path).words
    assert [(word.text, word.onset_s) for word in words] == [("we", 0.5), ("cried", 0.9)]


def test_decimal_commas_with_three_places(table):
    """`0,500` is no thousand."""
    path = table("start;end;text\n0,500;0,900;wir\n0,900;1,400;weinten\n", "words.csv")
    assert [(word.onset_s, word.offset_s) for word in read_narrative(path).words] == [(0.5, 0.9), (0.9, 1.4)]


@pytest.mark.parametrize(("values", "n_notes"), [((-99, 0.3, 999), 1), ((-9, 9, 5), 0), ((99, 80, 60), 0)])
def test_codes_of_missing_values_are_told(table, values, n_notes):
    """A rating of -99 among those of 0 to 1 is kept, and a note tells; on a scale that holds it, it is a rating."""
    rows = "".join(f"{8 * i},8,{value}\n" for i, value in enumerate(values))
    notes = []
    ratings = read_ratings(table(f"onset,duration,joy\n{rows}"), notify=notes.append)
    assert ratings.values[:, 0].tolist() == list(values)
    assert len(notes) == n_notes


@pytest.mark.parametrize(("name", "n_rows"), [("X", 3), ("x", 12), ("Zeile", 12)])
def test_a_column_that_counts_the_rows_is_no_emotion(table, name, n_rows):
    """R calls row names that it has read as a column X."""
    rows = "".join(f"{i + 1},{8 * i},8,{i % 3}\n" for i in range(n_rows))
    path = table(f"{name},onset,duration,joy\n{rows}")
    notes = []
    assert read_ratings(path, notify=notes.append).emotions == ("joy",)
    assert any(name in note for note in notes)
    assert read_ratings(path, emotions=[name]).emotions == (name,)


def test_a_few_ratings_in_order_are_ratings(table):
    """1, 2, 3 may be a course; under another name than R's it is one."""
    assert read_ratings(table("onset,duration,joy\n0,8,1\n8,8,2\n16,8,3\n")).emotions == ("joy",)


def test_rows_with_one_onset_are_told(table):
    """Where no column says whose they are."""
    notes = []
    path = table("group,onset,duration,joy\nA,0,8,1\nA,8,8,1\nB,0,8,3\nB,8,8,2\n")
    assert len(read_ratings(path, notify=notes.append).onset_s) == 4
    assert any("2" in note and "overlap" in note for note in notes)
