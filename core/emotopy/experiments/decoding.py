"""The published decoding put to the test: its split beside sound ones, on real and on surrogate ratings.

arXiv 2606.07707 as its code does it (preset ``zhang2026``) splits windows at random. The same windows and model are
scored under other splits too, and the recommended procedure beside them; each of them on the real ratings and on
surrogates that keep the ratings' rhythm and know nothing of the scans. What a procedure reaches on surrogates it
reaches without any relation between ratings and scans. docs/published-decoding.md explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.config.settings import NullKind
from emotopy.experiments.definition import Definition
from emotopy.inference.null_comparison import compare_with_null
from emotopy.inference.nulls import SHUFFLED_NOTE
from emotopy.inference.scores import mean_squared_error, r_squared, score_blocks
from emotopy.inference.splits import Plan, SampleIndex
from emotopy.pathways.brain.analysis import DecodingTask, validator_of
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.segment_targets import study_targets
from emotopy.pathways.brain.study import Study
from emotopy.records.axes import FloatArray
from emotopy.registry import BUILT_IN, Registry
from emotopy.roles import Host
from emotopy.running.host_calls import host_call
from emotopy.running.stages import StageRunner
from emotopy.running.writing import REPORTERS, WritableResult, reporter_choices, reporter_name
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import collect, versions

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED, OURS = "zhang2026", "recommended"
ALL = "all emotions"
"""Names the row of the means over emotions, which is what was published."""
SURROGATES_NOTE = (
    "Surrogate ratings are unrelated to these scans, so a score on them comes only from the split and "
    "the model of the procedure. Only the part of the real score above them can be due to the story; p "
    "is the share of surrogates that reach the real score."
)
"""What a reader of the tables must know."""


@attrs.frozen(eq=False)
class ProcedureScores:
    """What a procedure makes of the real ratings and of surrogates.

    `r2`, `mse`, `r` hold (1 + n_surrogates, n_emotions), the real ratings first: R² and squared error over all tested
    rows, as published, and Pearson's r within blocks. NaN where there is none. `n_train` and `n_test` count the rows
    of the first fold, `n_folds` the folds.
    """

    emotions: tuple[str, ...]
    r2: FloatArray
    mse: FloatArray
    r: FloatArray
    n_train: int
    n_test: int
    n_folds: int

    @property
    def mean_r2(self) -> FloatArray:
        """R² averaged over emotions, (1 + n_surrogates,): scikit-learn's `uniform_average`."""
        return np.asarray(self.r2.mean(axis=1))

    @property
    def mean_mse(self) -> FloatArray:
        """Squared error averaged over emotions, (1 + n_surrogates,)."""
        return np.asarray(self.mse.mean(axis=1))


def score_procedure(
    pathway: BrainPathway,
    study: Study,
    *,
    plan: Callable[[SampleIndex], Plan] | None = None,
    null: NullKind | None = None,
    surrogates: bool = True,
) -> ProcedureScores:
    """Score a study by a procedure, on its ratings and, unless told not to, on as many surrogates as `null.n` says.

    `plan` divides the rows otherwise than the configuration does, `null` names the other null instead of the main
    one. Nothing is kept in the cache. Errors as of `BrainPathway.decode`.
    """
    config = pathway.config
    runner = StageRunner(config, pathway.registry, StageCache(), versions(), Host())
    connectivity, decoder = runner.make("connectivity"), runner.make("neural_decoder")
    grids = [time_grid(connectivity, story, config.windowing) for story in study.stories]
    targets = study_targets(study, grids, config)
    rows = targets.rows(study)
    task = DecodingTask.of(config, study, targets, rows)
    null = null or config.null.kind
    task = task.under(null)
    if plan is not None:
        task = attrs.evolve(task, plan=plan(rows.layout))
    features = feature_sets(runner, connectivity, study, grids)[0]
    validator = validator_of(decoder, rows.pick(features.make(), features.name), task)
    values = np.concatenate([task.values[None], *([task.surrogates[null]] if surrogates else [])])
    n_ratings, n_values, n_emotions = values.shape
    columns = values.transpose(1, 0, 2).reshape(n_values, -1)
    predictions = validator.predict(columns).predictions
    wanted = columns[task.target_row]
    folds = task.plan.folds()

    def by_rating(scored: FloatArray) -> FloatArray:
        return np.asarray(scored.reshape(n_ratings, n_emotions))

    blocks = score_blocks(predictions, wanted, task.plan.index.subject, task.plan.cell)
    return ProcedureScores(
        task.emotions,
        r2=by_rating(r_squared(predictions, wanted)),
        mse=by_rating(mean_squared_error(predictions, wanted)),
        r=by_rating(blocks.mean),
        n_train=int(folds[0].train.sum()),
        n_test=int(folds[0].test.sum()),
        n_folds=len(folds),
    )


@attrs.frozen(eq=False, repr=False)
class DecodingExperiment(WritableResult):
    """The published decoding and ours on one study; docs/experiments.md defines the columns.

    Attributes
    ----------
    title
        What its page is called.
    procedures : DataFrame
        A row per procedure, split and emotion: scores on the real ratings beside those on surrogates.
    surrogates : DataFrame
        A row per procedure, split and surrogate: scores averaged over emotions.
    provenance, notes, reporters
        As in `emotopy.pathways.text.result.TextResult`.
    """

    title: str
    procedures: pd.DataFrame
    surrogates: pd.DataFrame
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"<DecodingExperiment: {len(self.procedures)} scores>"

    @property
    def kind(self) -> str:
        """``decoding-experiment``: reporters without a page for it show its tables."""
        return "decoding-experiment"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Both tables by name."""
        return {"procedures": self.procedures, "surrogates": self.surrogates}


@host_call
def run_decoding(
    definition: Definition,
    study: Study,
    *,
    sets: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    host: Host | None = None,
) -> DecodingExperiment:
    """Score a study by the published procedure, under each split of the definition, and by the recommended one.

    Parameters
    ----------
    definition
        From `emotopy.experiments.definition.read_definition`.
    study
        Series with ratings, from `Study.of`.
    sets
        A layer of configuration over both presets (`definition.SHARED`) or over `recommended` (everything else).
    registry, host
        As for `emotopy.map_texts`.

    Raises InputError for data that leave nothing to decode, ConfigError for a configuration that can't work on them.
    """
    import pandas as pd

    host, registry, asked = host or Host(), registry or Registry.load(), definition.decoding
    null = {"null": {"kind": "phase", "n": asked.n_surrogates}}

    def pathway_of(preset: str, **more: Any) -> BrainPathway:
        layers = [*definition.layers(preset, sets or {}), null, more]
        return BrainPathway.from_layers(layers, preset=f"{BUILT_IN}:{preset}", registry=registry)

    pathways = [
        pathway_of(PUBLISHED, split={"kind": kind, "test_fraction": asked.test_fraction}) for kind in asked.splits
    ]
    pathways.append(pathway_of(OURS))
    notes = dict.fromkeys([*study.notes, SURROGATES_NOTE])
    for pathway in pathways:  # all of them before any work: the last may not fit the data
        notes |= dict.fromkeys(note for note in pathway.check(study).notes if note != SHUFFLED_NOTE)
    for note in notes:
        host.notify(note)
    scores, drawn = [], []
    with host.progress("procedures", len(pathways)) as advance:
        for pathway in pathways:
            config = pathway.config
            host.log(f"{config.preset}, split {config.split.kind}")
            found = score_procedure(pathway, study)
            names = {"procedure": config.preset, "split": config.split.kind}
            scores.append(_score_rows(found).assign(**names))
            drawn.append(_surrogate_rows(found).assign(**names))
            advance(1)
    tables = (pd.concat(parts, ignore_index=True) for parts in (scores, drawn))
    procedures, surrogates = (one[["procedure", "split", *one.columns.drop(["procedure", "split"])]] for one in tables)
    ours = pathways[-1].config
    runner = StageRunner(ours, registry, StageCache(), versions(), Host())
    made = tuple(runner.make("reporter", choice) for choice in ours.reporters)
    reporters = tuple(one for one in reporter_choices(ours.reporters, made) if reporter_name(one) in REPORTERS)
    provenance = collect(
        definition.to_dict(),
        {"reporter": [reporter_name(one) for one in reporters]},
        seed=ours.seed,
        input={**study.source, "subjects": list(study.names), **study.hashes()},
        regions=list(study.regions),
        procedures=[one.config.to_dict(portable=True) for one in pathways],
        notes=list(notes),
    )
    return DecodingExperiment(
        title=definition.title,
        procedures=procedures,
        surrogates=surrogates,
        provenance=provenance,
        notes=tuple(notes),
        reporters=reporters,
    )


def _score_rows(found: ProcedureScores) -> pd.DataFrame:
    """Return a row per emotion and one of their means: each score beside its surrogates."""
    import pandas as pd

    columns: dict[str, Any] = {
        "emotion": [*found.emotions, ALL],
        "n_folds": found.n_folds,
        "n_train": found.n_train,
        "n_test": found.n_test,
    }
    for name in ("r2", "mse", "r"):
        values = getattr(found, name)
        values = np.column_stack([values, values.mean(axis=1)])
        sign = -1 if name == "mse" else 1  # a smaller error is the better one
        beside = compare_with_null(sign * values[0], sign * values[1:])
        columns |= {
            name: values[0],
            f"{name}_surrogate_mean": sign * beside.null_mean,
            f"{name}_surrogate_best_95": sign * beside.null_quantile,
            f"{name}_p": beside.p,
        }
    return pd.DataFrame(columns)


def _surrogate_rows(found: ProcedureScores) -> pd.DataFrame:
    import pandas as pd

    means = {name: getattr(found, name)[1:].mean(axis=1) for name in ("r2", "mse", "r")}
    return pd.DataFrame({"surrogate": np.arange(1, len(found.r2)), **means})
