"""Answers of people and models: wide and long tables, and what has no pair."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError
from emotopy.records.dataset_info import left_out_of, notes_of
from emotopy_plugins.datasets.paired_answers import PairedAnswersDataset

WIDE = (
    "question,subject,human_answer,gpt,claude\n"
    'Why?,life,Because.,"Well, because.",Since it is so.\n'
    "How?,work,With care.,,Carefully done.\n"
    "Where?,life,,Here.,There.\n"
    "When?,work,Now.,  ,\n"
)
LONG = (
    "q,who,text,topic\n1,person,yes,a\n1,m1,no,a\n1,m1,not at all,a\n2,m1,maybe,b\n3,person,sure,b\n1,m2,indeed,a\n"
    "1,judge,ok,a\n"
)
OPTIONS = {"question": "question", "human": "human_answer", "models": ["gpt", "claude"], "topic": "subject"}


def test_a_wide_table_becomes_a_row_per_answer(write):
    """Groups are human and the models' columns; a unit is a question's answerer; words are counted."""
    frame = PairedAnswersDataset(**OPTIONS).load(write("answers.csv", WIDE))
    assert frame[["id", "question", "text", "group", "unit", "topic", "n_words"]].to_numpy().tolist() == [
        ["q00001/human/1", "Why?", "Because.", "human", "q00001/human", "life", 1],
        ["q00001/gpt/1", "Why?", "Well, because.", "gpt", "q00001/gpt", "life", 2],
        ["q00001/claude/1", "Why?", "Since it is so.", "claude", "q00001/claude", "life", 4],
        ["q00002/human/1", "How?", "With care.", "human", "q00002/human", "work", 2],
        ["q00002/claude/1", "How?", "Carefully done.", "claude", "q00002/claude", "work", 2],
    ]


def test_empty_and_unmatched_answers_are_listed(write):
    """Every answer of the table is in the frame or in the list; a model that lacks a question has a note."""
    frame = PairedAnswersDataset(**OPTIONS).load(write("answers.csv", WIDE))
    assert [str(one) for one in left_out_of(frame)] == [
        "gpt, question 'How?': row 2 holds no answer",
        "human, question 'Where?': row 3 holds no answer",
        "gpt, question 'When?': row 4 holds no answer",
        "claude, question 'When?': row 4 holds no answer",
        "question 'Where?': only models answered it (claude, gpt)",
        "question 'When?': no model answered it",
    ]
    assert notes_of(frame) == ["gpt answered 1 of 2 questions; the others aren't paired."]


def test_a_long_table_is_read_by_its_answerers(write):
    """Several answers of one group to one question are one unit; others than those asked for stay out."""
    options = {"question": "q", "human": "person", "answerer": "who", "topic": "topic"}
    frame = PairedAnswersDataset(models=["m1", "m2"], **options).load(write("answers.csv", LONG))
    assert frame[["id", "text", "group", "unit"]].to_numpy().tolist() == [
        ["q00001/human/1", "yes", "human", "q00001/human"],
        ["q00001/m1/1", "no", "m1", "q00001/m1"],
        ["q00001/m1/2", "not at all", "m1", "q00001/m1"],
        ["q00001/m2/1", "indeed", "m2", "q00001/m2"],
    ]
    assert [one.what for one in left_out_of(frame)] == ["question '2'", "question '3'"]
    everybody = PairedAnswersDataset(**options).load(write("answers.csv", LONG))
    assert set(everybody["group"]) == {"human", "m1", "m2", "judge"}


@given(st.lists(st.tuples(*[st.sampled_from(["", " ", "yes", "oh no"])] * 3), min_size=1, max_size=8))
def test_no_answer_is_lost_silently(tmp_path_factory, cells):
    """Answers in the frame, empty ones in the list, and those of unmatched questions make up the whole table."""
    path = tmp_path_factory.mktemp("answers") / "x.jsonl"
    path.write_text("".join(json.dumps(dict(zip("hab", row, strict=True))) + "\n" for row in cells), "utf-8")
    try:
        frame = PairedAnswersDataset(human="h", models=["a", "b"]).load(path)
    except InputError:
        assert not any(row[0].strip() and (row[1] + row[2]).strip() for row in cells)
        return
    listed = left_out_of(frame)
    n_empty = sum("holds no answer" in one.reason for one in listed)
    unmatched = {one.what for one in listed if "holds no answer" not in one.reason}
    n_unmatched = sum(
        bool(cell.strip()) for i, row in enumerate(cells, start=1) if f"question 'row {i}'" in unmatched for cell in row
    )
    assert len(frame) + n_empty + n_unmatched == 3 * len(cells)
    assert frame["id"].is_unique


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"human": "humans_answer", "models": ["gpt"]},
            InputError,
            "human: .* no column .* Did you mean 'human_answer'",
        ),
        (
            {"human": "human_answer", "models": ["gtp"]},
            InputError,
            "models: .* has no column 'gtp'. Did you mean 'gpt'",
        ),
        ({"human": "human_answer"}, ConfigError, "at least one column of models' answers"),
        ({"human": "gpt", "models": ["gpt"]}, ConfigError, "wanted names that differ"),
        ({"human": "human_answer", "models": ["gpt", "gpt"]}, ConfigError, "wanted names that differ"),
        ({"human": "human_answer", "models": ["gpt"], "topic": "x"}, InputError, "topic: .* has no column 'x'"),
        ({"human": "Bob", "answerer": "subject"}, ConfigError, "needs a column that identifies the question"),
        ({"human": "Bob", "answerer": "subject", "question": "question"}, InputError, "text: .* has no column 'text'"),
        (
            {"human": "Bob", "answerer": "subject", "question": "question", "text": "gpt"},
            InputError,
            "column 'subject': 'Bob' gave no answer. There are: life, work",
        ),
    ],
)
def test_columns_and_answerers_that_are_not_there_are_named(write, options, error, message):
    """What was asked for, the nearest name, and the names there are."""
    with pytest.raises(error, match=message):
        PairedAnswersDataset(**options).load(write("answers.csv", WIDE))


def test_a_model_cannot_take_the_name_of_another_group(write):
    """`human` and `all` are groups of their own."""
    path = write("answers.csv", "people,human\nyes,no\n")
    with pytest.raises(InputError, match="'human' is the name of another group"):
        PairedAnswersDataset(human="people", models=["human"]).load(path)


def test_no_pair_at_all_is_an_error(write):
    """A table in which nobody's question is answered by both sides."""
    path = write("answers.csv", "h,m\nyes,\n,no\n")
    with pytest.raises(InputError, match="no question is answered by both 'h' and a model"):
        PairedAnswersDataset(human="h", models=["m"]).load(path)


def test_parquet_is_read_too(tmp_path):
    """Any form of table that `read_table` takes; missing cells are empty answers."""
    pd.DataFrame({"h": ["yes", None], "m": ["no", "well"]}).to_parquet(tmp_path / "x.parquet")
    frame = PairedAnswersDataset(human="h", models=["m"]).load(tmp_path / "x.parquet")
    assert frame["question"].tolist() == ["row 1", "row 1"]
    assert frame["topic"].isna().all()
