"""Runs an experiment: load, map twice on the same embeddings, compare both ways, split at random, analyse further."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.experiments import emotions, human_vs_llm
from emotopy.experiments.analysis import Analysis, GroupPairing, balance, labels_of
from emotopy.experiments.data import ExperimentData, load_data
from emotopy.experiments.definition import PRESETS, Definition
from emotopy.experiments.experiment import Experiment, Part
from emotopy.experiments.published import PublishedFit, random_splits, side_by_side
from emotopy.experiments.summary import summarise
from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.text.pathway import TextPathway
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.records import AUTO_LANGUAGE
from emotopy.registry import BUILT_IN, Registry
from emotopy.roles import Host
from emotopy.running.host_calls import host_call
from emotopy.running.uploads import check_no_upload
from emotopy.running.writing import REPORTERS, reporter_name
from emotopy.storage.provenance import collect

ANALYSES = {"emotions": emotions.analyse, "human-vs-llm": human_vs_llm.analyse}
"""What makes the tables and notes that only one experiment has."""
LONGEST_NAME = 40


@host_call
def run_experiment(
    definition: Definition,
    data: Path,
    *,
    sets: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    cache: Path | None = None,
    host: Host | None = None,
    limit: int | None = None,
    allow_upload: bool = False,
) -> Experiment:
    """Run an experiment on data: map the texts as recommended and as published, and compare both, both ways.

    Parameters
    ----------
    definition : Definition
        From `read_definition`.
    data : Path
        The data set's folder, or a table.
    sets : mapping, optional
        A layer of configuration. Keys that both mappings share lie over both presets, the others over `recommended`.
    registry : Registry, optional
        Where stages come from; all installed plugins by default.
    cache : Path, optional
        Folder of finished work; nothing is kept by default.
    host : Host, optional
        Who is told of progress and notes; silent by default.
    limit : int, optional
        Units of each group (questions, for human-vs-llm) that are drawn, for a quick look; all by default.
    allow_upload : bool, default False
        Let stages send confidential texts to their servers.

    Returns
    -------
    Experiment
        The results of all parts; its ``write`` makes the results directory.

    Raises
    ------
    InputError
        The data are unusable.
    ConfigError
        The configuration is unusable, or a stage would send confidential texts away.
    PluginError, ProviderError, MissingExtra
        A stage can't do its work.

    Examples
    --------
    >>> from emotopy.experiments import read_definition
    >>> run_experiment(read_definition("emotions"), Path("goemotions"))  # doctest: +SKIP
    """
    host, registry = host or Host(), registry or Registry.load()
    # Cheap checks first: both configurations, before any text is read.
    ours, theirs = (_pathway(preset, definition, sets or {}, registry, cache, host) for preset in PRESETS)
    seed = ours.config.seed
    with host.progress(f"reading {data.name}", None):
        loaded = load_data(definition, data, registry, host)
    if limit is not None:
        loaded = loaded.limited(limit, seed)
    for note in loaded.notes:
        host.notify(note)
    if loaded.confidential:
        for pathway in (ours, theirs):
            check_no_upload(pathway, allow_upload=allow_upload)
    corpus = loaded.corpus
    pairs = _pairs(definition, loaded)
    if len(corpus) > ours.config.fit_texts:  # the analyses look at every text
        ours = attrs.evolve(ours, config=attrs.evolve(ours.config, fit_texts=len(corpus)))
    fitted = ours.fit(corpus, no_texts=loaded.confidential, source=loaded.source)
    published = PublishedFit.of(theirs.fit(corpus, no_texts=loaded.confidential, source=loaded.source))
    mapped = attrs.evolve(fitted.mapped, reporters=_reporters(fitted.result))
    comparisons = [compare(mapped, pair.spec(seed), host) for pair in pairs]
    tables = [
        side_by_side(
            pair,
            published.test(pair.labels, pair.a, pair.b, np.random.default_rng([seed, pair.number])),
            published.mapped,
            comparison,
        )
        for pair, comparison in zip(pairs, comparisons, strict=True)
    ]
    total = definition.splits.n * len(pairs)
    with host.progress("random splits", total) if total else nullcontext(lambda _: None) as advance:
        splits = [random_splits(pair, mapped, published, definition.splits, seed, advance) for pair in pairs]
    analysis = Analysis(definition, loaded, fitted, mapped, tuple(pairs), tuple(comparisons), seed, host)
    analyse = ANALYSES.get(definition.experiment)
    details, more_notes = analyse(analysis) if analyse else ({}, [])
    import pandas as pd

    results = {PRESETS[0]: fitted.result, PRESETS[1]: published.fitted.result}
    parts: dict[str, Part] = {**results, **dict(zip(_folders(pairs), comparisons, strict=True))}
    each = [loaded.notes, *(one.notes for one in comparisons), more_notes]
    notes = tuple(dict.fromkeys(note for some in each for note in some))
    card = loaded.card
    keys = ("config", "config_sha256", "input", "reference", "stages")
    provenance = collect(
        definition.to_dict(),
        {"reporter": [reporter_name(one) for one in mapped.reporters]},
        seed=seed,
        dataset={} if card is None else {"title": card.title, "cite": card.cite, "licence": card.licence},
        presets={name: {key: result.provenance[key] for key in keys} for name, result in results.items()},
        notes=list(notes),
    )
    found = Experiment(
        name=definition.experiment,
        title=definition.title,
        side_by_side=pd.concat(tables, ignore_index=True),
        splits=pd.concat(splits, ignore_index=True),
        details={"balance": balance(pairs, mapped, analysis.topic), **details},
        parts=parts,
        left_out=pd.DataFrame([attrs.asdict(one) for one in loaded.left_out], columns=["what", "reason"]),
        provenance=provenance,
        notes=notes,
        no_texts=loaded.confidential,
        reporters=mapped.reporters,
    )
    summary = {"parts": list(parts), "summary": [one.to_dict() for one in summarise(found)]}
    return attrs.evolve(found, provenance={**found.provenance, **summary})


def _pathway(
    preset: str, definition: Definition, sets: Mapping[str, Any], registry: Registry, cache: Path | None, host: Host
) -> TextPathway:
    # the published test is of nodes; both procedures are given the same texts
    level = [{"level": "node", "language": AUTO_LANGUAGE}] if preset == PRESETS[1] else []
    return TextPathway.from_layers(
        [*definition.layers(preset, sets), *level],
        preset=f"{BUILT_IN}:{preset}",  # whoever else offers one of that name
        registry=registry,
        cache=cache,
        host=host,
    )


def _pairs(definition: Definition, data: ExperimentData) -> list[GroupPairing]:
    if definition.experiment == "human-vs-llm":
        return human_vs_llm.pairs(definition, data)
    asked, groups = definition.comparison, data.corpus.group
    return [
        GroupPairing(a, b, labels_of(groups, a, b), asked.covariates, n_permutations=asked.n_permutations)
        for a, b in asked.pairs
    ]


def _folders(pairs: list[GroupPairing]) -> list[str]:
    """Return a folder's name for each comparison, in characters that every system takes, all different."""
    if len(pairs) == 1:
        return ["comparison"]
    words = ["-".join(re.sub(r"\W+", "_", name)[:LONGEST_NAME] for name in (pair.a, pair.b)) for pair in pairs]
    twice = len({word.lower() for word in words}) < len(words)
    return [f"comparison-{f'{i}-' if twice else ''}{word}" for i, word in enumerate(words, start=1)]


def _reporters(result: TextResult | StoredTextResult) -> tuple[Any, ...]:
    """Return those of the configured reporters that are ours: others may not know what an experiment is."""
    return tuple(choice for choice in result.reporters if reporter_name(choice) in REPORTERS)
