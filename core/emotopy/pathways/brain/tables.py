"""The tables of a decoding, and the notes that a reader of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import listed
from emotopy.inference.explanation import compare_relative, edges_table, network_table, region_weights, weights_table
from emotopy.inference.graphs import graph_table
from emotopy.inference.null_comparison import NULL_COLUMNS
from emotopy.inference.nulls import SHUFFLED, SHUFFLED_NOTE
from emotopy.inference.scores import mean_squared_error, r_squared
from emotopy.inference.splits import OVER_STORIES, Plan
from emotopy.pathways.brain.analysis import Analysis, DecodingTask, StoryScores
from emotopy.pathways.brain.features import CONSTANT, EVOKED
from emotopy.pathways.brain.rows import StudyTargets, TargetCourses, TimeGrid, known_windows
from emotopy.pathways.brain.segment_targets import SegmentTargets
from emotopy.pathways.brain.story import Story
from emotopy.pathways.brain.study import Study
from emotopy.running.stages import StageRunner
from emotopy.wording import setting

if TYPE_CHECKING:
    import pandas as pd


def scores_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame:
    """Return a row per emotion and feature set; see `Decoding.scores`."""
    return _stacked(
        {
            "emotion": task.emotions,
            "features": one.name,
            "r": one.scores.mean,
            "null_mean": one.null_comparison.null_mean,
            "null_95": one.null_comparison.null_quantile,
            "r2": one.r2,
            "mse": one.mse,
            "p": one.null_comparison.p,
            "p_family": one.null_comparison.p_family,
            "n_subjects": len(task.subjects),
        }
        for one in analyses
    )


def stories_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame | None:
    """Return a row per emotion, feature set and story; None where there is one story. See `Decoding.stories`."""
    if len(task.stories) == 1:
        return None
    parts = []
    for one in analyses:
        assert one.stories is not None
        shape = one.stories.r.shape
        columns = {name: column.reshape(shape) for name, column in one.stories.null_comparison.columns.items()}
        parts += [
            {
                "emotion": task.emotions,
                "features": one.name,
                "story": story,
                "r": one.stories.r[number],
                **{name: column[number] for name, column in columns.items()},
                "n_subjects": int(one.stories.n_subjects[number]),
            }
            for number, story in enumerate(task.stories)
        ]
    return _stacked(parts)


def sensitivity_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame:
    """Return a row per emotion and feature set, under the null that isn't the main one; see `Decoding.sensitivity`."""
    return _stacked(
        {
            "emotion": task.emotions,
            "features": one.name,
            "p_sensitivity": one.sensitivity.p,
            "sensitivity_null": one.sensitivity_null,
        }
        for one in analyses
    )


def subjects_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame:
    """Return a row per emotion, feature set and subject; see `Decoding.subjects`."""
    parts, targets = [], task.targets
    for one in analyses:
        for r, number in zip(one.scores.by_subject, one.scores.subjects, strict=True):
            own_rows = task.rows.layout.subject == number
            predicted = one.cross_validated.predictions[own_rows]
            tested = np.isfinite(predicted).any()
            empty = np.full(len(task.emotions), np.nan)
            parts.append(
                {
                    "emotion": task.emotions,
                    "features": one.name,
                    "subject": task.subjects[int(number)],
                    "r": r,
                    "r2": r_squared(predicted, targets[own_rows]) if tested else empty,
                    "mse": mean_squared_error(predicted, targets[own_rows]) if tested else empty,
                }
            )
    return _stacked(parts)


def paired_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame:
    """Compare the first feature set with every other one; see `Decoding.paired`."""
    import pandas as pd

    first = analyses[0]
    if len(analyses) == 1:
        return pd.DataFrame(columns=["emotion", "features_a", "features_b", "difference", *NULL_COLUMNS])
    compared = {other.name: first.compare_with(other) for other in analyses[1:]}
    return _stacked(
        {
            "emotion": task.emotions,
            "features_a": first.name,
            "features_b": name,
            "difference": one.observed,
            **one.columns,
        }
        for name, one in compared.items()
    )


def predictions_table(analyses: Sequence[Analysis], task: DecodingTask) -> pd.DataFrame:
    """Return a row per subject, window, emotion and feature set; rows that no fold tests are left out."""
    names, stories = np.array(task.subjects, dtype=object), np.array(task.stories, dtype=object)
    layout, targets, parts = task.rows.layout, task.targets, []
    n_runs = len(np.unique(layout.run))
    for one in analyses:
        for column, emotion in enumerate(task.emotions):
            predicted = one.cross_validated.predictions[:, column]
            tested = np.isfinite(predicted)
            parts.append(
                {
                    "subject": names[layout.subject[tested]],
                    **({"story": stories[layout.story[tested]]} if len(stories) > 1 else {}),
                    **({"run": layout.run[tested]} if n_runs > len(stories) else {}),
                    "onset_s": layout.start_s[tested],
                    "centre_s": layout.centre_s[tested],
                    "block": task.plan.block[tested],
                    "emotion": emotion,
                    "features": one.name,
                    "rating": targets[tested, column],
                    "prediction": predicted[tested],
                }
            )
    return _stacked(parts)


def _stacked(parts: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return tables of the same columns, one below the other."""
    import pandas as pd

    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def explanation_tables(main: Analysis, advance: Callable[[int], None] = lambda n: None) -> dict[str, Any]:
    """Return edges, graph, weights (of regions) and weights_table; empty where the decoder gives no patterns.

    `advance` is called with the number of surrogates whose graphs are done, batch by batch.
    """
    import pandas as pd

    if main.patterns is None:
        edges = ["emotion", "region_a", "region_b", "pattern", "sign_consistency"]
        graph = ["emotion", "graph", "metric", "value", "null_mean", "null_95", "p"]
        weights = ["emotion", "region", "weight", "signed_weight", *NULL_COLUMNS]
        columns = {"edges": edges, "graph": graph, "weights_table": weights}
        return {"weights": None, **{name: pd.DataFrame(columns=own) for name, own in columns.items()}}
    null = [] if main.null_patterns is None else list(main.null_patterns)
    return {
        "edges": edges_table(main.patterns),
        "graph": graph_table(main.patterns, null, advance=advance),
        "weights": region_weights(main.patterns),
        "weights_table": weights_table(main.patterns, null),
    }


NETWORKS = ("emotion", "network_a", "network_b", "n_edges", "weight", "signed_weight")


def networks_table(main: Analysis, networks: Mapping[str, str]) -> pd.DataFrame:
    """Return a row per emotion and pair of networks, beside its null; see `Decoding.networks`.

    As for regions, observed and surrogate weights are compared relative to their mean (here over the emotion's pairs);
    null columns are in units of `weight`. Empty without patterns, and where a region has no network.
    """
    import pandas as pd

    patterns = main.patterns
    if patterns is None or not networks or any(region not in networks for region in patterns.regions):
        return pd.DataFrame(columns=[*NETWORKS, *NULL_COLUMNS])
    null = [] if main.null_patterns is None else [attrs.evolve(patterns, values=one) for one in main.null_patterns]
    tables = [network_table(one, networks) for one in (patterns, *null)]
    weight, *drawn = (table["weight"].to_numpy().reshape(len(patterns.emotions), -1) for table in tables)
    compared = compare_relative(weight, drawn)
    return tables[0][list(NETWORKS)].assign(**{name: column.ravel() for name, column in compared.items()})


ALPHA = 0.05


def notify_left_out(runner: StageRunner, study: Study, targets: StudyTargets) -> None:
    """Note which part of the scans isn't decoded: where the rating is unknown, and where too much was lost."""
    for story, courses, grid in zip(study.stories, targets.courses, targets.grids, strict=True):
        tell = _telling(runner, story)
        if isinstance(courses, TargetCourses):
            _notify_unknown(tell, courses, grid)
        elif isinstance(courses, SegmentTargets):
            courses.notify_unknown(tell, grid)
        _notify_censored(tell, story, grid)


def _telling(runner: StageRunner, story: Story) -> Callable[[str], None]:
    """Return what notes a message, with the story's name in front where it has one."""
    return lambda message: runner.notify(f"Story {story.label}: {message}" if story.label else message)


def _notify_unknown(tell: Callable[[str], None], targets: TargetCourses, grid: TimeGrid) -> None:
    unknown = np.asarray(~np.isfinite(targets.courses).all(axis=2))  # (n_courses, n_volumes)
    lost = ~known_windows(targets, grid)
    if unknown.any():
        worst = int(unknown.sum(axis=1).argmax())
        n_volumes, n_lost = int(unknown[worst].sum()), int(lost[worst].sum())
        tell(
            f"The rating of {n_volumes} of {grid.n_volumes} volumes ({n_volumes * grid.tr_s:g} s of the "
            f"scan) is unknown, not zero: {n_lost} of {lost.shape[1]} {grid.label} that include one of "
            "them were left out."
        )


def _notify_censored(tell: Callable[[str], None], story: Story, grid: TimeGrid) -> None:
    full, spoilt = grid.usable(None), []
    for one in story.series:
        n_lost = 0 if one.keep is None else int((full & ~grid.usable(one.keep)).sum())
        if n_lost:
            spoilt.append(f"{one.subject} {n_lost}")
    if spoilt:
        tell(
            f"Some of the {int(full.sum())} {grid.label} were left out because too many of their "
            f"volumes are censored: {', '.join(spoilt)}."
        )


def notify_stories(runner: StageRunner, plan: Plan, *, chooses: bool) -> None:
    """Note how penalties are chosen where a training set holds one story."""
    if chooses and plan.split.kind in OVER_STORIES and plan.n_stories == 2:
        inner = "blocks" if plan.split.kind == "story" else "subjects and blocks"
        runner.notify(
            "With two stories, only one is used for training, so penalties are chosen by leaving out "
            f"{inner} of that story instead of a story. They may suit a new story less well; choosing "
            "them across stories needs at least three stories."
        )


def _claim(task: DecodingTask, scores: StoryScores | None) -> str:
    """Return what the scores speak of: this story, these stories, or a story that training hasn't heard."""
    if scores is None:
        return "Conclusions apply to this story only, because listeners of one story aren't independent tests."
    scored = [name for name, n_subjects in zip(task.stories, scores.n_subjects, strict=True) if n_subjects]
    n, names = len(scored), ", ".join(scored)
    unscored = [name for name in task.stories if name not in scored]
    but = (
        f" No block of {listed(unscored)} has enough time points for a score, so there is no result for "
        f"{'it' if len(unscored) == 1 else 'them'}."
        if unscored
        else ""
    )
    these = f"these {n} stories ({names})" if n > 1 else f"the story {names}"
    if task.plan.split.kind in OVER_STORIES:
        who = "new listeners" if task.plan.split.kind == "subject-and-story" else "listeners who may be known"
        subject = f"Each of the {n} stories ({names})" if n > 1 else f"The story {names}"
        tests = f"Each story is one independent test of this, and there are {n}." if n > 1 else "It is a single test."
        return (
            f"{subject} was decoded, for {who}, with models that weren't trained on it: a score above "
            "its null shows that decoding generalises, among these stories, to a story outside the "
            f"training set. {tests}{but}"
        )
    alone = _heard_by_no_training(task)
    if alone:
        but += (
            f" However, where the only listeners of a story ({listed(alone)}) were left out, the story "
            "wasn't in the training set."
        )
    return (
        f"Conclusions apply only to {these}, because the training set includes "
        f"{'them' if n > 1 else 'it'}. Generalisation to another story is tested with "
        f"{setting('split=subject-and-story')}.{but}"
    )


def _heard_by_no_training(task: DecodingTask) -> list[str]:
    """Return the stories that are tested in some fold, and of which its training has no row."""
    story = task.plan.index.story
    found: set[int] = set()
    for fold in task.plan.folds():
        found |= set(story[fold.test].tolist()) - set(story[fold.train].tolist())
    return [name for number, name in enumerate(task.stories) if number in found]


def notify_unsound(runner: StageRunner) -> None:
    """Tell of a split or a null that tests nothing, as published code uses them."""
    config = runner.config
    if config.split.warning is not None:
        runner.notify(config.split.warning)
    if SHUFFLED in (config.null.kind, config.null.beside):
        runner.notify(SHUFFLED_NOTE)


def notify_limits(runner: StageRunner, analyses: Sequence[Analysis], task: DecodingTask) -> None:
    """Note what limits the scores: how much data there is, and what else could have made them."""
    first, layout = analyses[0], task.rows.layout
    quantiles = first.null_comparison.null_quantile[np.isfinite(first.null_comparison.null_quantile)]
    chance = f"r below {quantiles.max():.3f}" if len(quantiles) else "any r"
    runner.notify(
        f"{'The story has' if len(task.stories) == 1 else 'The stories have'} about "
        f"{layout.n_independent()} independent windows of {layout.width_s:g} s; with {first.name}, "
        f"{chance} (the 95 % quantile of the null, largest over emotions) can't be distinguished from "
        f"chance. {_claim(task, first.stories)}"
    )
    for one in analyses:
        low, high = one.cross_validated.hits
        n_folds = len(one.cross_validated.folds)
        if n_folds and not one.is_baseline and (low.any() or high.any()):
            counts = zip(task.emotions, low, high, strict=True)
            where = ", ".join(f"{emotion} {a}/{b}" for emotion, a, b in counts if a or b)
            runner.notify(
                f"{one.name}: number of the {n_folds} folds in which the smallest/largest penalty of "
                f"the grid was chosen: {where}."
            )
        if one.scores.n_short:
            runner.notify(f"{one.name}: {one.scores.n_short} blocks with fewer than 8 time points were not scored.")
        n_constant = one.scores.n_constant
        if one.name != CONSTANT and n_constant.any():
            where = ", ".join(f"{emotion} {n}" for emotion, n in zip(task.emotions, n_constant, strict=True) if n)
            runner.notify(
                f"{one.name}: if a rating or a prediction is constant within a block, there is no r for "
                f"that block. Number of the {len(one.scores.n_windows)} blocks that were left out for "
                f"this reason: {where}. Differences from other feature sets in paired.csv then compare "
                "means over different sets of blocks."
            )
    _notify_alternatives(runner, {one.name: one for one in analyses}, task.emotions)


def _notify_alternatives(runner: StageRunner, by_name: dict[str, Analysis], emotions: Sequence[str]) -> None:
    """Note what could explain a significant score besides connectivity: a baseline, or a shared response."""
    main = next(iter(by_name.values()))
    evoked = by_name.get(main.name + EVOKED)
    for i, emotion in enumerate(emotions):
        if not main.null_comparison.p[i] < ALPHA:
            continue
        for name in ("motion", *(other for other, one in by_name.items() if one.is_baseline and other != "motion")):
            baseline = by_name.get(name)
            if baseline is not None and baseline.null_comparison.p[i] < ALPHA:
                runner.notify(
                    f"{emotion}: it is also decoded from {name} alone (r = "
                    f"{baseline.scores.mean[i]:.3f}, p = {baseline.null_comparison.p[i]:.3f}), so the "
                    f"score of {main.name} (r = {main.scores.mean[i]:.3f}) may be due to {name}."
                )
        if evoked is not None and not evoked.null_comparison.p[i] < ALPHA:
            runner.notify(
                f"{emotion}: {main.name} decodes it (r = {main.scores.mean[i]:.3f}), but not after the "
                f"response shared by listeners was removed (r = {evoked.scores.mean[i]:.3f}, p = "
                f"{evoked.null_comparison.p[i]:.3f}); the score is likely due to evoked co-activation, "
                "not coupling."
            )
    if evoked is not None:
        runner.notify(
            f"{evoked.name} removes from each subject the mean of the other subjects; signals of test "
            "subjects are used to clean training subjects (transductive), labels aren't."
        )
