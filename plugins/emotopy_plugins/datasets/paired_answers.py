"""Data set `paired-answers`: answers of people and language models to the same questions, from any table of them.

Wide tables have a row per question and a column per answerer; long ones a row per answer, and a column that says who
gave it. Both become one long table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from emotopy.errors import ConfigError, InputError, nearest
from emotopy.hookspecs import hookimpl
from emotopy.readers.cell_values import as_labels
from emotopy.readers.corpora import ALL
from emotopy.readers.delimited import named
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import read_table
from emotopy.records.dataset_info import HUMAN, DatasetCard, LeftOut, n_words, with_remarks
from emotopy.records.reprs import measured
from emotopy.roles import Dataset, Factory
from emotopy_plugins.datasets.common import write_example

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "question", "text", "group", "unit", "topic", "n_words")
CARD = DatasetCard(
    name="paired-answers",
    title="Paired answers",
    cite="the source of your table",
    licence="your table's own",
    home="a table of yours",
    language="any",
    rows="answers",
    columns=COLUMNS,
    map_columns={"group": "group", "unit": "unit", "id": "id", "keep": ("question", "topic")},
    source="file",
)


@attrs.frozen
class Answer:
    """An answer as the table has it: `row` counts from 1, the header not counted."""

    row: int
    question: str = attrs.field(repr=measured)
    group: str
    topic: str | None
    text: str = attrs.field(repr=measured)


@attrs.define(eq=False)
class PairedAnswersDataset:
    """Answers of people and language models to the same questions, from a table of yours: a row per answer.

    Parameters
    ----------
    human : str, default "human"
        Wide tables: the column of people's answers. Long ones: what stands for people in column `answerer`.
    models : tuple of str
        Wide: the columns of each model's answers, one at least. Long: what stands for them; none means all others.
    question : str, optional
        Column of the question, or its id. A wide table without one has a question per row.
    topic : str, optional
        Column of the question's topic, if there is one.
    answerer : str, optional
        Long tables: the column of who answered. None: the table is wide.
    text : str, default "text"
        Long tables: the column of the answer.
    """

    card = CARD

    human: str = HUMAN
    models: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    question: str | None = None
    topic: str | None = None
    answerer: str | None = None
    text: str = "text"

    def example(self, folder: Path) -> Path:
        """Write a made-up table of three questions, with the columns that the options name, into `folder`."""
        question, topic = self.question or "question", self.topic or "topic"
        models = self.models or ("model",)
        if self.answerer is None:
            rows = [(question, topic, self.human, *models)]
            rows += [
                (f"q{i}", "life", f"I was happy on day {i}", *(f"Answer {i} of {m}" for m in models)) for i in "123"
            ]
        else:
            rows = [(question, topic, self.answerer, self.text)]
            rows += [(f"q{i}", "life", who, f"Answer {i} of {who}") for i in "123" for who in (self.human, *models)]
        content = "".join("\t".join(row) + "\n" for row in rows)
        return write_example(folder, {"answers.tsv": content}) / "answers.tsv"

    def load(self, source: Path) -> pd.DataFrame:
        """Load the answers from the table `source`: CSV, TSV, JSON Lines or Parquet.

        Columns: ``id, question, text, group`` (`human`, or the model's name), ``unit`` (the question's answerer:
        several answers of one group to one question are one unit), ``topic, n_words``. Empty answers, and questions
        that not both sides answered, are left out and listed; a question that only some models lack stays, and a note
        tells.

        Raises InputError for a column or an answerer that isn't there, or where no question is answered by both sides;
        ConfigError for options that don't fit each other.
        """
        import pandas as pd

        path, human, models, question = source, self.human, self.models, self.question
        topic, answerer, text = self.topic, self.answerer, self.text
        frame = read_table(path)
        for flag, column in (("question", question), ("topic", topic), ("answerer", answerer)):
            _check_column(frame, path.name, flag, column)
        if human in models or len(set(models)) < len(models):
            raise ConfigError(
                f"models: wanted names that differ from each other and from {human!r}, got {named(models)}"
            )
        if answerer is None:
            answers, names = list(_wide(frame, path.name, question, human, models, topic)), list(models)
        else:
            if question is None:
                raise ConfigError(
                    "question: a table with one row per answer needs a column that identifies the question"
                )
            _check_column(frame, path.name, "text", text)
            answers, names = _long(frame, path.name, question, human, models, topic, answerer, text)
        for model in names:
            if model in (HUMAN, ALL):
                raise InputError(
                    f"models: {model!r} is the name of another group; rename it in the table",
                    file=path.name,
                    wanted="names of no other group",
                    got=model,
                    advice="rename it in the table",
                )
        kept, left_out = _with_both_sides(answers)
        if not kept:
            raise InputError(
                f"{path.name}: no question is answered by both {human!r} and a model; left out: {len(left_out):,}",
                file=path.name,
                wanted=f"answers of both {human!r} and a model",
                got="none to one question",
            )
        number = {name: i for i, name in enumerate(dict.fromkeys(answer.question for answer in kept), start=1)}
        rows, count = [], dict[str, int]()
        for answer in kept:
            unit = f"q{number[answer.question]:05d}/{answer.group}"
            count[unit] = count.get(unit, 0) + 1
            rows.append((f"{unit}/{count[unit]}", answer.question, answer.text, answer.group, unit, answer.topic))
        table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype({"topic": "string"})
        table["n_words"] = n_words(table["text"])
        return with_remarks(table, left_out, [*read_notes(frame), *_notes(kept, names, number)])


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `paired-answers`."""
    return {"paired-answers": PairedAnswersDataset}


def _wide(
    frame: pd.DataFrame, name: str, question: str | None, human: str, models: Sequence[str], topic: str | None
) -> Iterator[Answer]:
    if not models:
        raise ConfigError("models: name at least one column of models' answers")
    for flag, column in (("human", human), *(("models", model) for model in models)):
        _check_column(frame, name, flag, column)
    questions = _cells(frame, question) or [f"row {row}" for row in range(1, len(frame) + 1)]
    topics = _cells(frame, topic) or [None] * len(frame)
    columns = {HUMAN: _cells(frame, human), **{model: _cells(frame, model) for model in models}}
    for row, (asked, about) in enumerate(zip(questions, topics, strict=True)):
        for group, cells in columns.items():
            yield Answer(row + 1, asked or f"row {row + 1}", group, about, cells[row] or "")


def _long(
    frame: pd.DataFrame,
    name: str,
    question: str,
    human: str,
    models: Sequence[str],
    topic: str | None,
    answerer: str,
    text: str,
) -> tuple[list[Answer], list[str]]:
    who = _cells(frame, answerer)
    there = [one for one in dict.fromkeys(who) if one is not None]
    wanted = list(models) or [one for one in there if one != human]
    for one in (human, *wanted):
        if one not in there:
            raise InputError(
                f"{name}, column {answerer!r}: {one!r} gave no answer.{nearest(one, there)} There are: {named(there)}",
                file=name,
                column=answerer,
                wanted=named(there),
                got=one,
            )
    topics = _cells(frame, topic) or [None] * len(frame)
    group_of = {human: HUMAN, **{model: model for model in wanted}}
    cells = zip(_cells(frame, question), who, topics, _cells(frame, text), strict=True)
    answers = [
        Answer(row, asked or f"row {row}", group_of[by], about, said or "")
        for row, (asked, by, about, said) in enumerate(cells, start=1)
        if by in group_of
    ]
    return answers, wanted


def _with_both_sides(answers: Sequence[Answer]) -> tuple[list[Answer], list[LeftOut]]:
    """Return the answers with words to questions that people and a model answered, and what else there was."""
    left_out = [
        LeftOut(f"{one.group}, question {_short(one.question)}", f"row {one.row} holds no answer")
        for one in answers
        if not one.text.strip()
    ]
    filled = [one for one in answers if one.text.strip()]
    groups: dict[str, set[str]] = {}
    for one in filled:
        groups.setdefault(one.question, set()).add(one.group)
    for question, there in groups.items():
        if there == {HUMAN}:
            left_out.append(LeftOut(f"question {_short(question)}", "no model answered it"))
        elif HUMAN not in there:
            left_out.append(
                LeftOut(f"question {_short(question)}", f"only models answered it ({named(sorted(there))})")
            )
    return [one for one in filled if HUMAN in groups[one.question] and len(groups[one.question]) > 1], left_out


def _notes(kept: Sequence[Answer], models: Sequence[str], questions: dict[str, int]) -> list[str]:
    notes = []
    for model in models:
        n_answered = len({one.question for one in kept if one.group == model})
        if n_answered < len(questions):
            notes.append(f"{model} answered {n_answered:,} of {len(questions):,} questions; the others aren't paired.")
    return notes


def _short(question: str) -> str:
    return repr(question if len(question) <= 40 else question[:39] + "…")


def _cells(frame: pd.DataFrame, column: str | None) -> list[str | None]:
    return list(as_labels(frame[column])) if column is not None else []


def _check_column(frame: pd.DataFrame, name: str, flag: str, column: str | None) -> None:
    there = [str(one) for one in frame.columns]
    if column is not None and column not in there:
        raise InputError(
            f"{flag}: {name} has no column {column!r}.{nearest(column, there)} Columns: {named(there)}",
            file=name,
            column=column,
            wanted=named(there),
            got=column,
        )
