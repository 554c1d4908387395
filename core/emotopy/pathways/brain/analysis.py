"""The analysis of one feature set: cross-validated, scored, explained, and all of it redone for every surrogate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.inference.crossval import CrossValidated, CrossValidator, RefitCrossValidator, null_scores
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.permutation import NullComparison, against_null, paired
from emotopy.inference.scores import BlockScores, mean_squared_error, r_squared, score_blocks
from emotopy.inference.splits import Plan
from emotopy.pathways.brain.explanation import patterns_of
from emotopy.pathways.brain.features import CONSTANT, FeatureSet
from emotopy.pathways.brain.guarded_decoder import guarded_decoder, guarded_validator
from emotopy.pathways.brain.rows import Rows
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import ExactCrossValidation
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_array


@attrs.frozen(eq=False)
class Question:
    """What every feature set of a run is asked: the same targets, rows, split and surrogates.

    `values` (n_moments, n_emotions) are the windowed ratings, `moment` (n_rows,) says which of them a row has;
    `surrogates` hold, per null, (n_surrogates, n_moments, n_emotions).
    """

    emotions: tuple[str, ...]
    regions: tuple[str, ...]
    rows: Rows
    plan: Plan
    moment: IntArray
    values: FloatArray
    surrogates: Mapping[str, FloatArray]

    @property
    def wanted(self) -> FloatArray:
        """The target of every row, (n_rows, n_emotions)."""
        return self.values[self.moment]

    @property
    def identity(self) -> str:
        """What the question is, for the cache."""
        layout = self.plan.layout
        arrays = (self.values, self.moment, layout.subject, layout.start_s, self.plan.block, *self.surrogates.values())
        return "|".join([repr(self.plan.split), *self.emotions, *self.regions, *(hash_array(a) for a in arrays)])


@attrs.frozen(eq=False)
class Analysis:
    """What one feature set gave: predictions, scores (n_emotions,), and the same under surrogates.

    `patterns` and `null_patterns` (n_explained, n_emotions, n_edges) are there where features are edges and the decoder
    is linear. `null` (n_surrogates, n_emotions) are the scores under the configured null; `check` is the comparison
    with the other.
    """

    name: str
    is_baseline: bool
    crossed: CrossValidated
    scores: BlockScores
    r2: FloatArray
    mse: FloatArray
    null: FloatArray
    against: NullComparison
    check: NullComparison
    patterns: EdgePatterns | None = None
    null_patterns: FloatArray | None = None

    def minus(self, other: Analysis) -> NullComparison:
        """Compare with another feature set under the same surrogates."""
        return paired((self.scores.mean, other.scores.mean), (self.null, other.null))


def analyse(
    runner: StageRunner, decoder: Stage, features: FeatureSet, question: Question, *, explain: bool = False
) -> Analysis:
    """Put the question to one feature set; `explain` asks for patterns too. Earlier work comes from the cache."""

    def work() -> dict[str, Any]:
        def picked() -> list[FloatArray]:
            return question.rows.pick(features.make(), features.name)

        # Windowed correlations are the largest thing of a run and quickly made: they are let go while factorisations
        # need the memory, and made anew for the patterns.
        validator = validator_of(decoder, picked(), question, constant=features.name == CONSTANT)
        found = validator.predict(question.values)
        arrays: dict[str, Any] = {name: getattr(found, name) for name in ("predictions", "penalties", "chosen")}
        for kind, drawn in question.surrogates.items():
            arrays[f"null_{kind}"] = (
                np.full((len(drawn), len(question.emotions)), np.nan)
                if features.name == CONSTANT  # a constant prediction has no r whatever the ratings are
                else null_scores(validator, question.plan, question.moment, drawn)
            )
        drawn = question.surrogates[runner.config.null.kind]
        patterns = None
        if explain and features.has_edges:
            about = (question.emotions, question.regions)
            patterns = patterns_of(validator, picked(), question.plan, question.values, drawn, *about)
        if patterns is not None:
            arrays["pattern"] = patterns.observed.values
            arrays["sign_consistency"] = patterns.observed.sign_consistency
            arrays["null_patterns"] = patterns.surrogates
        return arrays

    null = runner.config.null
    doing = f"{decoder}: {features.name}, {len(question.moment):,} rows, {null.n} surrogates"
    if features.identity is None:  # a measure of which nobody can say what it depends on
        found = work()
    else:
        key = "|".join([features.name, features.identity, question.identity, null.kind, str(explain)])
        found, _ = runner.run(decoder, doing, key, work)
    crossed = CrossValidated(found["predictions"], question.plan.folds(), found["penalties"], found["chosen"])
    wanted, layout = question.wanted, question.plan.layout
    scores = score_blocks(crossed.predictions, wanted, layout.subject, question.plan.block)
    other = next(kind for kind in question.surrogates if kind != null.kind)
    about = (question.emotions, question.regions)
    return Analysis(
        name=features.name,
        is_baseline=features.is_baseline,
        crossed=crossed,
        scores=scores,
        r2=r_squared(crossed.predictions, wanted),
        mse=mean_squared_error(crossed.predictions, wanted),
        null=found[f"null_{null.kind}"],
        against=against_null(scores.mean, found[f"null_{null.kind}"], unscored="smallest"),
        check=against_null(scores.mean, found[f"null_{other}"], unscored="smallest"),
        patterns=EdgePatterns(*about, found["pattern"], found["sign_consistency"]) if "pattern" in found else None,
        null_patterns=found.get("null_patterns"),
    )


def validator_of(
    decoder: Stage, features: Sequence[FloatArray], question: Question, *, constant: bool = False
) -> CrossValidator:
    """Return what cross-validates: the decoder's own exact way where it has one, else honest refitting."""
    if constant:
        from sklearn.dummy import DummyRegressor

        return RefitCrossValidator(DummyRegressor(), features, question.plan, question.moment)
    if isinstance(decoder.object, ExactCrossValidation):
        made = decoder.call("cross_validator", features, question.plan, question.moment, copy=False)
        return guarded_validator(decoder, made)
    return RefitCrossValidator(guarded_decoder(decoder), features, question.plan, question.moment)
