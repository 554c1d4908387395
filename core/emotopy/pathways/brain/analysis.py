"""The analysis of one feature set: cross-validated, scored, explained, and all of it redone for every surrogate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.errors import ConfigError
from emotopy.inference.crossval import (
    CrossValidated,
    CrossValidator,
    RefitCrossValidator,
    story_scores,
)
from emotopy.inference.explanation import (
    EdgePatterns,
    edge_patterns,
    mean_patterns,
    mean_patterns_of_coefficients,
    patterns_of_readouts,
)
from emotopy.inference.null_comparison import NullComparison, compare_with_null, paired
from emotopy.inference.nulls import NULLS, SHUFFLED
from emotopy.inference.nulls import rows as shuffled_rows
from emotopy.inference.scores import FEWEST_WINDOWS, BlockScores, mean_squared_error, r_squared, score_blocks
from emotopy.inference.splits import Plan
from emotopy.pathways.brain.features import CONSTANT, FeatureSet
from emotopy.pathways.brain.guarded_decoder import guarded_decoder, guarded_validator
from emotopy.pathways.brain.rows import StudyTargets, TargetRows, drop_unused
from emotopy.pathways.brain.study import Study
from emotopy.pathways.brain.surrogate_pieces import Scoring, score_in_pieces
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import ExactCrossValidation, ExpectsColumns, Explains, HasCoefficients, HasReadouts
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_array
from emotopy.wording import setting

MOST_OPERATIONS = 2e12
"""A surrogate's pattern costs rows × (edges + folds × rows) for each emotion; above this many multiplications in all,
fewer surrogates are explained."""
FEWEST_SURROGATES = 19
"""Fewer can't give p = 0.05; then none are made."""
AT_ONCE = 50
"""Surrogates whose patterns are made together; bounds memory."""
COEFFICIENT_COLUMNS = 4096
"""Columns of surrogates whose patterns come from coefficients, which are few."""
EXACT_COLUMNS = 1024
"""Columns of surrogates that an exact validator predicts together: as many as the processor's cache likes."""
REFITTED_COLUMNS = 2048
"""Columns of surrogates that a refitted decoder learns together: each time costs a fit for every fold."""


# The task -------------------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class DecodingTask:
    """What every feature set of a run has to predict: the same targets, rows, split and surrogates.

    `values` (n_target_rows, n_emotions) are the windowed ratings, `target_row` (n_rows,) is the row of them that
    belongs to each row; `surrogates` hold, per null, (n_surrogates, n_target_rows, n_emotions), where single rows are
    shuffled (n_surrogates, n_rows, n_emotions). `stories` are the stories' names, by their number in the rows' layout.
    """

    emotions: tuple[str, ...]
    regions: tuple[str, ...]
    rows: TargetRows
    plan: Plan
    target_row: IntArray
    values: FloatArray
    surrogates: Mapping[str, FloatArray]
    stories: tuple[str, ...] = ("",)

    @classmethod
    def of(cls, config: Config, study: Study, targets: StudyTargets, rows: TargetRows) -> DecodingTask:
        """Split the rows and draw the surrogates.

        Raises ConfigError where the rows can't be split as configured, or no block holds enough windows for a score.
        """
        plan = config.split.plan(rows.layout)
        check_blocks(plan)
        values, target_row = drop_unused(targets.values(), rows.target_row)
        kinds: tuple[str, ...] = (config.null.kind, config.null.beside)
        surrogates = {kind: draw_surrogates(config, targets, rows, kind) for kind in kinds if kind != SHUFFLED}
        if SHUFFLED in kinds:
            rng = np.random.default_rng([config.seed, len(NULLS)])
            surrogates[SHUFFLED] = shuffled_rows(rng, config.null.n, values[target_row])
        return cls(targets.emotions, study.regions, rows, plan, target_row, values, surrogates, study.story_names)

    @property
    def targets(self) -> FloatArray:
        """The target of every row, (n_rows, n_emotions)."""
        return self.values[self.target_row]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects' labels, by their number in the rows' layout."""
        return self.rows.subjects

    def under(self, kind: str) -> DecodingTask:
        """Return the task that surrogates of this null are values of: with a target of its own for each row or not."""
        if kind != SHUFFLED:
            return self
        return attrs.evolve(self, values=self.targets, target_row=np.arange(len(self.target_row)))

    @property
    def cache_key(self) -> str:
        """What the task consists of, for the cache."""
        layout = self.plan.index
        where = (layout.subject, layout.run, layout.story, layout.start_s, self.plan.block)
        hashes = (hash_array(one) for one in (self.values, self.target_row, *where, *self.surrogates.values()))
        return "|".join([repr(self.plan.split), *self.emotions, *self.regions, *hashes])


def draw_surrogates(config: Config, targets: StudyTargets, rows: TargetRows, kind: str) -> FloatArray:
    """Draw surrogates of the ratings at the target rows that occur, (n_surrogates, n_target_rows, n_emotions).

    Made per volume, before windowing; one set of phases (one lag) for all emotions and all subjects' courses of a
    story, another one for each story.
    """
    n = config.null.n
    rng = np.random.default_rng([config.seed, list(NULLS).index(kind)])
    by_story = []
    for story in targets.courses:
        n_courses, n_volumes, n_emotions = story.courses.shape
        side_by_side = story.courses.transpose(1, 0, 2).reshape(n_volumes, -1)
        drawn = NULLS[kind](rng, n, side_by_side).reshape(n, n_volumes, n_courses, n_emotions)
        by_story.append(drawn.transpose(0, 2, 1, 3))
    used_rows = np.unique(rows.target_row)
    return np.array([targets.values(one)[used_rows] for one in zip(*by_story, strict=True)])


def check_blocks(plan: Plan) -> None:
    """Raise ConfigError where no subject has enough windows in any block for a score."""
    tested = np.logical_or.reduce([fold.test for fold in plan.folds()])
    cells = np.stack([plan.index.subject, plan.cell])[:, tested]
    most = int(np.unique(cells, axis=1, return_counts=True)[1].max())
    if most < FEWEST_WINDOWS:
        raise ConfigError(
            f"split.n_blocks: wanted at least {FEWEST_WINDOWS} windows in a block to score it, but the "
            f"largest block has {most}; set a smaller {setting('split.n_blocks=…')}, a larger "
            "split.test_fraction, or a smaller windowing.step_s"
        )


def chooses_penalties(decoder: Stage) -> bool:
    """Whether a decoder chooses among penalties inside training sets."""
    return isinstance(decoder.object, ExactCrossValidation) and len(getattr(decoder.object, "penalties", ())) > 1


def doubt_of_inner_splits(decoder: Stage, plan: Plan) -> ConfigError | None:
    """Return what stops a decoder that chooses among penalties inside training sets, None where these can be split."""
    try:
        for group in plan.fold_groups() if chooses_penalties(decoder) else ():
            plan.inner(group)
    except ConfigError as error:
        return error
    return None


# The analysis ---------------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class StoryScores:
    """Scores within each story, (n_stories, n_emotions), beside their null.

    `null_comparison` has a value per story and emotion, story by story: its family is all of them. `n_subjects`
    (n_stories,) counts the subjects who were scored in each.
    """

    r: FloatArray
    null_comparison: NullComparison
    n_subjects: IntArray


@attrs.frozen(eq=False)
class Analysis:
    """What one feature set gave: predictions, scores (n_emotions,), and the same under surrogates.

    `patterns` and `null_patterns` (n_explained, n_emotions, n_edges) are there where features are edges and the decoder
    is linear. `null` (n_surrogates, n_emotions) are the scores under the configured null, and `null_comparison`
    compares with them; `sensitivity` is the comparison with the other null, called `sensitivity_null`. `stories` are
    the scores within each of several stories.
    """

    name: str
    is_baseline: bool
    cross_validated: CrossValidated
    scores: BlockScores
    r2: FloatArray
    mse: FloatArray
    null: FloatArray
    null_comparison: NullComparison
    sensitivity: NullComparison
    sensitivity_null: str
    patterns: EdgePatterns | None = None
    null_patterns: FloatArray | None = None
    stories: StoryScores | None = None

    def compare_with(self, other: Analysis) -> NullComparison:
        """Compare with another feature set under the same surrogates."""
        return paired((self.scores.mean, other.scores.mean), (self.null, other.null))


def analyse(
    runner: StageRunner, decoder: Stage, features: FeatureSet, task: DecodingTask, *, explain: bool = False
) -> Analysis:
    """Decode the task from one feature set; `explain` makes patterns too. Earlier work comes from the cache."""
    null = runner.config.null

    def work() -> dict[str, Any]:
        n_surrogates = 0 if features.name == CONSTANT else sum(map(len, task.surrogates.values()))
        n_folds = len(task.plan.folds())
        with runner.host.progress(f"{features.name}: folds × surrogates", n_folds * (1 + n_surrogates)) as advance:
            return _Work(runner, decoder, features, task, null.kind, explain, advance).arrays()

    doing = f"{decoder}: {features.name}, {len(task.target_row):,} rows, {null.n} surrogates"
    if features.cache_key is None:
        found = work()
    else:
        key = "|".join([features.name, features.cache_key, task.cache_key, null.kind, str(explain)])
        found, _ = runner.run(decoder, doing, key, work)
    cross_validated = CrossValidated(found["predictions"], task.plan.folds(), found["penalties"], found["chosen"])
    scores = score_blocks(cross_validated.predictions, task.targets, task.plan.index.subject, task.plan.cell)
    sensitivity_null = null.beside
    axes = (task.emotions, task.regions)
    return Analysis(
        name=features.name,
        is_baseline=features.is_baseline,
        cross_validated=cross_validated,
        scores=scores,
        r2=r_squared(cross_validated.predictions, task.targets),
        mse=mean_squared_error(cross_validated.predictions, task.targets),
        null=found[f"null_{null.kind}"],
        null_comparison=compare_with_null(scores.mean, found[f"null_{null.kind}"], unscored="smallest"),
        sensitivity=compare_with_null(scores.mean, found[f"null_{sensitivity_null}"], unscored="smallest"),
        sensitivity_null=sensitivity_null,
        patterns=EdgePatterns(*axes, found["pattern"], found["sign_consistency"]) if "pattern" in found else None,
        null_patterns=found.get("null_patterns"),
        stories=_story_scores(scores, task.plan, found[f"stories_{null.kind}"]) if len(task.stories) > 1 else None,
    )


def _story_scores(scores: BlockScores, plan: Plan, null: FloatArray) -> StoryScores:
    """Compare the scores within stories with `null` (n_stories, n_surrogates, n_emotions), all of them one family."""
    r = story_scores(scores, plan)
    compared = compare_with_null(r.ravel(), null.transpose(1, 0, 2).reshape(null.shape[1], -1), unscored="smallest")
    story = plan.story_of(scores.block)
    scored = scores.n_windows >= FEWEST_WINDOWS
    n_subjects = [len(np.unique(scores.subject[scored & (story == one)])) for one in plan.stories]
    return StoryScores(r, compared, np.array(n_subjects))


@attrs.frozen(eq=False)
class _Work:
    """What `analyse` does where the cache holds nothing; `advance` is told of folds × surrogates."""

    runner: StageRunner
    decoder: Stage
    features: FeatureSet
    task: DecodingTask
    null: str
    explain: bool
    advance: Callable[[int], None]

    def arrays(self) -> dict[str, Any]:
        """Return predictions, penalties, scores under surrogates, and patterns, by the names of the cache."""
        task, kinds = self.task, self.task.surrogates
        n_shared = sum(len(drawn) for kind, drawn in kinds.items() if task.under(kind) is task)
        # Windowed correlations are the largest arrays of a run, and quick to compute: they are freed while
        # factorisations need the memory, and computed again for the patterns.
        validator = self._validator(task, n_shared)
        found = validator.predict(task.values)
        if self._is_exact:
            self._advance_exact(1)
        arrays: dict[str, Any] = {name: getattr(found, name) for name in ("predictions", "penalties", "chosen")}
        for kind, drawn in kinds.items():
            if self._is_constant:  # a constant prediction has no r whatever the ratings are
                arrays[f"null_{kind}"] = np.full((len(drawn), len(task.emotions)), np.nan)
                arrays[f"stories_{kind}"] = np.full((len(task.stories), len(drawn), len(task.emotions)), np.nan)
                continue
            of_null = task.under(kind)
            own = validator if of_null is task else self._validator(of_null, len(drawn))
            n_columns = EXACT_COLUMNS if self._is_exact else REFITTED_COLUMNS
            scored = score_in_pieces(
                self.runner,
                Scoring(own, task.plan, of_null.target_row, n_columns, distinct=self._is_exact),
                drawn,
                doing=self.features.name,
                advance=self._advance_exact,
            )
            arrays[f"null_{kind}"], arrays[f"stories_{kind}"] = scored.scores, scored.by_story
            if self.explain and self.features.has_edges and kind == self.null:
                observed = found.chosen if of_null is task else own.predict(of_null.values).chosen
                arrays |= patterns_of(own, self._picked(), of_null, drawn, (observed, scored.chosen))
        return arrays

    def _picked(self) -> list[FloatArray]:
        return self.task.rows.pick(self.features.make(), self.features.name)

    def _validator(self, task: DecodingTask, n_surrogates: int) -> CrossValidator:
        n_emotions = len(task.emotions)
        made = validator_of(
            self.decoder,
            self._picked(),
            task,
            constant=self._is_constant,
            advance=lambda n_columns: self.advance(n_columns // n_emotions),
        )
        if isinstance(made, ExpectsColumns):
            made.expect(n_emotions * (1 + n_surrogates))
        return made

    @property
    def _is_constant(self) -> bool:
        return self.features.name == CONSTANT

    @property
    def _is_exact(self) -> bool:
        return isinstance(self.decoder.object, ExactCrossValidation)

    def _advance_exact(self, n_surrogates: int) -> None:
        """Tell of surrogates whose folds were solved together; who refits tells of each fold."""
        if (self._is_exact or self.runner.engine.is_remote) and not self._is_constant:
            self.advance(n_surrogates * len(self.task.plan.folds()))


def validator_of(
    decoder: Stage,
    features: Sequence[FloatArray],
    task: DecodingTask,
    *,
    constant: bool = False,
    advance: Callable[[int], None] = lambda n: None,
) -> CrossValidator:
    """Return what cross-validates: the decoder's own exact way where it has one, else refitting in every fold.

    `advance` is called with the number of columns after each fold that is refitted.
    """
    if constant:
        from sklearn.dummy import DummyRegressor

        return RefitCrossValidator(DummyRegressor(), features, task.plan, task.target_row, advance=advance)
    if isinstance(decoder.object, ExactCrossValidation):
        made = decoder.call("cross_validator", features, task.plan, task.target_row, copy=False)
        return guarded_validator(decoder, made)
    return RefitCrossValidator(guarded_decoder(decoder), features, task.plan, task.target_row, advance=advance)


# The explanation: where a decoder takes its predictions from ----------------------------------------------------------


def patterns_of(
    validator: CrossValidator,
    features: Sequence[FloatArray],
    task: DecodingTask,
    surrogates: FloatArray,
    chosen: tuple[IntArray, IntArray],
) -> dict[str, FloatArray]:
    """Return ``pattern`` and ``sign_consistency`` as `EdgePatterns` has them, and ``null_patterns`` of some surrogates.

    Null patterns are (n_explained, n_emotions, n_edges). There is nothing where the decoder has none to give or the
    features aren't edges. `features` per subject, `surrogates` (n_surrogates, n_target_rows, n_emotions); `chosen` are
    the penalties chosen for the ratings (n_folds, n_emotions) and for the surrogates (n_folds, n_surrogates ×
    n_emotions), as `CrossValidated` and `NullScores` have them.
    """
    n_regions, n_emotions = len(task.regions), len(task.emotions)
    n_edges = n_regions * (n_regions - 1) // 2
    if not isinstance(validator, Explains) or features[0].shape[1] != n_edges or n_regions < 3:
        return {}
    of_observed, of_surrogates = chosen
    observed = edge_patterns(
        features, validator.fitted(task.values, of_observed), emotions=task.emotions, regions=task.regions
    )
    by_coefficients = (
        isinstance(validator, HasCoefficients) and validator.coefficients(task.values, of_observed) is not None
    )
    n_rows, n_folds = len(task.plan.block), len(task.plan.folds())
    cost = (n_folds * n_edges**2 if by_coefficients else n_rows * (n_edges + n_folds * n_rows)) * n_emotions
    n_explained = min(len(surrogates), int(MOST_OPERATIONS / cost))
    if n_explained < FEWEST_SURROGATES:
        n_explained = 0

    # Products with features of single precision have no more digits: they are kept as they are, in half the memory.
    is_single = not by_coefficients and all(part.dtype == np.float32 for part in features)
    null = np.empty((n_explained, n_emotions, n_edges), dtype=np.float32 if is_single else np.float64)
    at_once = max(1, COEFFICIENT_COLUMNS // n_emotions) if by_coefficients else AT_ONCE
    for start in range(0, n_explained, at_once):
        some = surrogates[start : min(start + at_once, n_explained)]
        values = some.transpose(1, 0, 2).reshape(len(task.values), -1)
        columns = slice(start * n_emotions, start * n_emotions + values.shape[1])
        found = _mean_patterns(validator, features, values, of_surrogates[:, columns])
        null[start : start + len(some)] = found.reshape(len(some), n_emotions, n_edges)
    return {"pattern": observed.values, "sign_consistency": observed.sign_consistency, "null_patterns": null}


def _mean_patterns(
    validator: Explains, features: Sequence[FloatArray], values: FloatArray, chosen: IntArray
) -> FloatArray:
    """Return the folds' mean patterns, (n_columns, n_edges), by the shortest way that the validator has."""
    if isinstance(validator, HasCoefficients) and (models := validator.coefficients(values, chosen)) is not None:
        return mean_patterns_of_coefficients(features, models, n_emotions=values.shape[1])
    if isinstance(validator, HasReadouts) and (readouts := validator.readouts(values, chosen)) is not None:
        return patterns_of_readouts(features, readouts)
    return mean_patterns(features, validator.fitted(values, chosen), n_emotions=values.shape[1])
