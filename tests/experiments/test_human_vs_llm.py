"""The experiment on people and models: pairs by question, length and topic told, a row per model."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from tests.experiments.conftest import quick, run, with_models

from emotopy.errors import ConfigError, InputError
from emotopy.experiments.definition import changed

pytestmark = pytest.mark.slow


def test_a_row_per_model_and_one_of_people(models):
    """Models in the order of their columns, people's own halves last."""
    table = models.tables["models"]
    assert list(table["model"]) == ["twin", "cheerful", "human, random halves"]
    assert list(table["n_questions"]) == [24, 24, 24]


def test_emotions_are_compared_as_scipy_does(models):
    """The distance is scipy's, of the emotions' sums over questions, polarities left out."""
    result = models.parts["recommended"]
    kept = [i for i, name in enumerate(result.mapped.intensities.emotions) if name not in ("positive", "negative")]
    groups = np.array(result.mapped.text_groups)
    people, cheerful = (
        result.mapped.intensities.by_emotion[groups == name][:, kept].sum(axis=0) for name in ("human", "cheerful")
    )
    row = models.tables["models"].iloc[1]
    assert len(kept) == 8
    assert row["js_distance"] == pytest.approx(jensenshannon(people, cheerful, base=2))


def test_a_model_that_answers_as_people_do_is_not_called_different(models):
    """The twin lies within chance, the cheerful model beyond it, by emotions and by profile."""
    twin, cheerful, people = models.tables["models"].to_dict("records")
    assert twin["js_p"] > 0.01
    assert cheerful["js_p"] < 0.01
    assert twin["profile_p"] > 0.01
    assert cheerful["profile_p"] < 0.001
    assert twin["profile_distance"] < 0.2 < cheerful["profile_distance"]
    assert people["profile_low"] < 0 < people["profile_high"]
    assert people["js_low"] < people["js_distance"] < people["js_high"]


def test_differences_are_the_model_minus_people_within_questions(models):
    """The comparison is paired; the two regions of the table are those of the comparison."""
    comparison = models.parts["comparison-cheerful-human"]
    assert comparison.is_paired
    assert comparison.groups == ("cheerful", "human")
    part = comparison.table[comparison.table["measure"] == "relative"].set_index("region")
    row = models.tables["models"].iloc[1]
    for region in ("medial_prefrontal", "posterior_cingulate"):
        assert row[f"{region}_g"] == part["g"][region]
        assert row[f"{region}_p_family"] == part["p_family"][region]


def test_length_and_topics_are_told(models):
    """Standardised differences of words and of each topic's share; the cheerful model talks longer."""
    table = models.tables["balance"].set_index(["group_a", "quantity"])
    assert table["mean_a"]["cheerful", "words"] == 40
    assert table["mean_b"]["cheerful", "words"] == 14
    assert table["mean_a"]["twin", "topic: home"] == 0.5
    assert table["smd"]["twin", "topic: home"] == 0
    assert table["smd"]["twin", "words"] == 0


def test_length_can_be_held_constant_instead_of_the_question(answers):
    """Then answers are unpaired, and the covariate is the logarithm of the number of words."""
    path = answers.with_name("varied.csv")
    rng = np.random.default_rng(8)
    rows = [line.split(",") for line in answers.read_text("utf-8").splitlines()]
    varied = [[*row[:2], *(" ".join(cell.split()[: rng.integers(5, 15)]) for cell in row[2:])] for row in rows[1:]]
    path.write_text("\n".join(",".join(row) for row in [rows[0], *varied]) + "\n", "utf-8")
    found = run(changed(with_models(quick("human-vs-llm"), models=("twin",)), "comparison", hold="length"), path)
    comparison = found.parts["comparison"]
    assert not comparison.is_paired
    assert comparison.provenance["config"]["covariates"] == ["log_words"]
    assert comparison.n_units == {"twin": 24, "human": 24}


def test_answers_of_other_lengths_can_be_left_out(answers):
    """A ratio keeps the questions whose answers are alike in length; a model that is left none is an error."""
    definition = changed(with_models(quick("human-vs-llm"), models=("twin",)), "comparison", max_length_ratio=1.2)
    found = run(definition, answers)
    assert found.tables["models"]["n_questions"][0] == 24
    assert any("one answer is more than 1.2 times as long" in note for note in found.notes)
    definition = changed(with_models(quick("human-vs-llm")), "comparison", max_length_ratio=1.2)
    with pytest.raises(InputError, match="leaves only 0 questions for 'cheerful'"):
        run(definition, answers)


def test_a_row_per_answer_is_read_too(answers, tmp_path):
    """A long table with a column of who answered gives what the wide one gives."""
    lines = [line.split(",") for line in answers.read_text("utf-8").splitlines()]
    head, *rows = lines
    path = tmp_path / "long.csv"
    long = [f"{row[0]},{row[1]},{who},{cell}" for row in rows for who, cell in zip(head[2:], row[2:], strict=True)]
    path.write_text("\n".join(["question,topic,who,answer", *long]) + "\n", "utf-8")
    definition = with_models(quick("human-vs-llm"), models=(), answerer="who", text="answer")
    found = run(attrs.evolve(definition, splits=attrs.evolve(definition.splits, n=0)), path)
    wide = run(attrs.evolve(with_models(quick("human-vs-llm")), splits=attrs.evolve(definition.splits, n=0)), answers)
    np.testing.assert_allclose(
        found.tables["models"]["js_distance"][:2], wide.tables["models"]["js_distance"][:2], rtol=1e-9
    )


def test_without_models_it_says_how_to_name_them(answers):
    """A wide table needs the columns of models."""
    with pytest.raises(ConfigError, match="models=COL"):
        run(quick("human-vs-llm"), answers)


def test_a_quick_look_takes_whole_questions(answers):
    """Questions are drawn, with everybody's answers."""
    found = run(with_models(quick("human-vs-llm")), answers, limit=12)
    assert list(found.tables["models"]["n_questions"]) == [12, 12, 12]
