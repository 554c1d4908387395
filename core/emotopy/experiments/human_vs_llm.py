"""Experiment *human-vs-llm*: answers of people and of language models to the same questions, a row per model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.experiments.analysis import Analysis, GroupPairing, labels_of
from emotopy.experiments.data import QUESTION, ExperimentData
from emotopy.experiments.definition import Definition
from emotopy.inference.distances import paired_distance, squared_distance
from emotopy.inference.divergence import compare_distributions, half_distances
from emotopy.pathways.comparison.result import Comparison
from emotopy.records import FloatArray
from emotopy.records.dataset_info import HUMAN

if TYPE_CHECKING:
    import pandas as pd

POLARITIES = ("positive", "negative")
"""Columns of the scorer that are no emotions: they overlap with all of them."""
REGIONS = ("medial_prefrontal", "posterior_cingulate")
"""Regions of the default mode that the table names for every model."""
HALVES = "human, random halves"
N_HALVES = 200
FEWEST_QUESTIONS = 4


def pairs(definition: Definition, data: ExperimentData) -> list[GroupPairing]:
    """Return every model against people; differences are the model minus people.

    Raises InputError where the length ratio leaves a model fewer than two questions.
    """
    asked, frame = definition.comparison, data.frame
    groups = list(frame["group"])
    found = []
    for model in dict.fromkeys(group for group in groups if group != HUMAN):
        labels = list(labels_of(groups, model, HUMAN))
        if asked.max_length_ratio is not None:
            near = alike_in_length(frame, model, asked.max_length_ratio)
            labels = [
                label if question in near else None for label, question in zip(labels, frame[QUESTION], strict=True)
            ]
            if len(near) < 2:
                raise InputError(
                    f"max_length_ratio: {asked.max_length_ratio:g} leaves only {len(near)} questions "
                    f"for {model!r}; give a larger ratio"
                )
        found.append(
            GroupPairing(
                model,
                HUMAN,
                tuple(labels),
                covariates=("log_words",) if asked.hold == "length" else (),
                paired_by=QUESTION if asked.hold == "question" else None,
                n_permutations=asked.n_permutations,
            )
        )
    return found


def alike_in_length(frame: pd.DataFrame, model: str, ratio: float) -> set[str]:
    """Return the questions whose answers by people and a model have numbers of words within a ratio of each other."""
    words = frame.pivot_table(index=QUESTION, columns="group", values="n_words")
    both = words[[model, HUMAN]].dropna().clip(lower=1)
    apart = np.abs(np.log(both[model] / both[HUMAN]))
    return set(both.index[apart <= np.log(ratio) + 1e-12])


def analyse(analysis: Analysis) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the benchmark table ``models``, a row per model and one of people against people, and notes."""
    import pandas as pd

    rng = np.random.default_rng([analysis.seed, 5])
    answers = _Answers.of(analysis)
    n = analysis.definition.distances.n_bootstrap
    rows = [
        _row(pair, comparison, answers, n, rng)
        for pair, comparison in zip(analysis.pairs, analysis.comparisons, strict=True)
    ]
    notes = [
        f"{pair.a}: only {len(answers.shared(pair))} of {answers.n_questions(pair)} questions are "
        "compared, because in the others one answer is more than "
        f"{analysis.definition.comparison.max_length_ratio:g} times as long as the other."
        for pair in analysis.pairs
        if analysis.definition.comparison.max_length_ratio is not None
    ]
    if halves := _halves(answers, rng):
        rows.append(halves)
    lost = [name for name in REGIONS if name not in analysis.mapped.targets]
    if lost:
        notes.append(f"The atlas has no {' and no '.join(lost)}, so these columns of the table of models are empty.")
    return {"models": pd.DataFrame(rows)}, notes


@attrs.frozen(eq=False)
class _Answers:
    """Means per question and group: emotions (n_emotions,) and profile (n_regions,) by (group, question)."""

    emotions: Mapping[tuple[str, str], FloatArray]
    profile: Mapping[tuple[str, str], FloatArray]
    n_answers: Mapping[tuple[str, str], int]
    used: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, analysis: Analysis) -> _Answers:
        mapped = analysis.mapped
        rows, groups = mapped.scored.tolist(), mapped.text_groups
        questions = mapped.labels(QUESTION, QUESTION)
        names = mapped.intensities.emotions
        kept = [i for i, name in enumerate(names) if name not in POLARITIES] or list(range(len(names)))
        places: dict[tuple[str, str], list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault((str(groups[place]), str(questions[row])), []).append(place)
        weights = mapped.weights
        used = {
            pair.a: frozenset(str(questions[row]) for row in rows if pair.labels[row] is not None)
            for pair in analysis.pairs
        }

        def means(values: FloatArray) -> dict[tuple[str, str], FloatArray]:
            return {key: np.average(values[own], axis=0, weights=weights[own]) for key, own in places.items()}

        return cls(
            means(mapped.intensities.by_emotion[:, kept]),
            means(mapped.mapping.profile),
            {key: len(own) for key, own in places.items()},
            used,
        )

    def questions(self, group: str) -> list[str]:
        """Return the questions that a group answered, sorted."""
        return sorted(question for name, question in self.profile if name == group)

    def n_questions(self, pair: GroupPairing) -> int:
        return len(set(self.questions(pair.a)) & set(self.questions(pair.b)))

    def shared(self, pair: GroupPairing) -> list[str]:
        """Return the questions that both groups of a pair answered, and that take part, sorted."""
        return sorted(set(self.questions(pair.a)) & set(self.questions(pair.b)) & self.used[pair.a])

    def sides(self, what: Mapping[tuple[str, str], FloatArray], pair: GroupPairing) -> tuple[FloatArray, FloatArray]:
        """Return the means of both groups, (n_questions, ...) each, question by question."""
        first, second = (
            np.array([what[name, question] for question in self.shared(pair)]) for name in (pair.a, pair.b)
        )
        return first, second


def _row(
    pair: GroupPairing, comparison: Comparison, answers: _Answers, n: int, rng: np.random.Generator
) -> dict[str, object]:
    """Return the row of a model."""
    emotions = compare_distributions(*answers.sides(answers.emotions, pair), n=n, rng=rng)
    shared = answers.shared(pair)
    profile = paired_distance(*answers.sides(answers.profile, pair), n=n, rng=rng) if len(shared) > 1 else (np.nan,) * 4
    row: dict[str, object] = {
        "model": pair.a,
        "n_questions": len(shared),
        "n_answers": sum(answers.n_answers[pair.a, question] for question in shared),
        **{f"js_{name}": value for name, value in attrs.asdict(emotions).items()},
        **dict(zip(("profile_distance", "profile_low", "profile_high", "profile_p"), profile, strict=True)),
    }
    part = comparison.table[comparison.table["measure"] == "relative"].set_index("region")
    for region in REGIONS:
        for name in ("g", "g_low", "g_high", "p_family"):
            row[f"{region}_{name}"] = float(part[name].get(region, np.nan))
    return row


def _halves(answers: _Answers, rng: np.random.Generator) -> dict[str, object] | None:
    """Return the row of people against people: random halves of the questions, whose answers nobody paired."""
    questions = answers.questions(HUMAN)
    if len(questions) < FEWEST_QUESTIONS:
        return None
    emotions = np.array([answers.emotions[HUMAN, question] for question in questions])
    profiles = np.array([answers.profile[HUMAN, question] for question in questions])
    found = half_distances(emotions, n=N_HALVES, rng=rng)
    known = found[~np.isnan(found)]
    orders = [rng.permutation(len(profiles)) for _ in range(N_HALVES)]
    apart = np.array([squared_distance(*np.split(profiles[order], [len(order) // 2])) for order in orders])
    js = (known.mean(), *np.quantile(known, [0.025, 0.975])) if len(known) else (np.nan,) * 3
    return {
        "model": HALVES,
        "n_questions": len(questions),
        "n_answers": sum(answers.n_answers[HUMAN, question] for question in questions),
        **dict(zip(("js_distance", "js_low", "js_high"), js, strict=True)),
        "profile_distance": apart.mean(),
        **dict(zip(("profile_low", "profile_high"), np.quantile(apart, [0.025, 0.975]), strict=True)),
    }
