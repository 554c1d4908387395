"""Embedders that learn from the corpus (TF-IDF, LSA) are fitted before anybody embeds with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from emotopy.errors import ConfigError
from emotopy.running.checks import with_dependencies
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_texts


def fit_embedders(runner: StageRunner, stages: Iterable[Stage], texts: Callable[[], Sequence[str]]) -> bool:
    """Fit embedders to texts, each once.

    Parameters
    ----------
    runner
        The run, whose host shows the work.
    stages
        Stages; of them and of those that they were given, embedders that learn from texts and haven't yet are fitted.
    texts
        Gives the texts of the fit, (n_texts,); called where there is an embedder to be fitted. Embedders are given the
        distinct ones, in canonical order.

    Returns
    -------
    Whether any was fitted.

    Raises
    ------
    PluginError
        An embedder fails.
    """
    unfitted = [one for stage in stages for one in with_dependencies(stage) if one.awaits_fit]
    if not unfitted:
        return False
    unique = sorted(set(texts()))
    digest = hash_texts(unique)
    for stage in unfitted:
        if stage.awaits_fit:  # the same may have come twice
            with runner.doing(f"{stage}: fitting to {len(unique):,} texts"):
                stage.call("fit", unique)
            stage.fitted_on.n_texts, stage.fitted_on.sha256 = len(unique), digest
    return True


def check_none_awaits_fit(stage: Stage, why: str) -> None:
    """Raise ConfigError where a stage was given an embedder that learns from a corpus, and there is none."""
    for parameter, one in stage.dependencies.items():
        if one.awaits_fit:
            path = f"{stage.role}.{parameter}"
            raise ConfigError(
                f"{path}: wanted an embedder that needs no fit, because {why}; got {one.full_name}, "
                "which is fitted to a corpus; choose another, such as static",
                path=path,
                wanted="an embedder that needs no fit",
                got=one.full_name,
            )
