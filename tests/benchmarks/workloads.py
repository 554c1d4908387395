"""Runs of `map`, `compare` and `decode` in sizes that can be chosen, on made-up input: what other benchmarks time.

Texts are made up from the words that ship with emotopy (its sample and its affective terms), seeded: no data are
needed. Studies come from `emotopy.simulate`.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
import numpy as np

EMOTIONS = ("fear", "joy", "anger")


@attrs.frozen
class Workload:
    """A command of emotopy's: the words after `python -m emotopy`, and the sizes of its work, as estimates take them.

    `results` is the folder that it writes.
    """

    work: str
    name: str
    words: tuple[str, ...]
    results: Path
    terms: Mapping[str, float]


def write_texts(path: Path, n_rows: int, *, n_words: int = 14, n_units: int = 0, n_groups: int = 4) -> Path:
    """Write made-up texts with groups and units; the words' frequencies fall off as those of a language do."""
    from emotopy.datasets.sample import diaries_path

    with diaries_path().open(encoding="utf-8", newline="") as file:
        words = sorted({word for row in csv.DictReader(file) for word in row["text"].split()})
    rng = random.Random(n_rows)
    rng.shuffle(words)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "person", "age"])
        for row in range(n_rows):
            chosen = rng.choices(words, weights, k=max(3, int(rng.gauss(n_words, n_words / 3))))
            unit = row % n_units if n_units else row
            sentences = [" ".join(chosen[i : i + 14]) for i in range(0, len(chosen), 14)]
            writer.writerow([". ".join(sentences), f"g{unit % n_groups}", f"p{unit}", 20 + unit % 37])
    return path


def map_texts(
    folder: Path,
    n_rows: int,
    *,
    reducer: str = "umap",
    clusterer: str = "hdbscan",
    n_words: int = 14,
    n_units: int = 0,
    n_groups: int = 4,
) -> Workload:
    """Return a run of `map`; its input is written into the folder."""
    from emotopy.pathways.text.pathway import TextPathway
    from emotopy.readers.corpora import corpus_from
    from emotopy.readers.tables import read_table

    name = f"{n_rows:,} texts of {n_words} words, {reducer}/{clusterer}" + (f", {n_units:,} units" if n_units else "")
    path = write_texts(
        folder / f"texts-{n_rows}-{n_words}-{n_units}.csv", n_rows, n_words=n_words, n_units=n_units, n_groups=n_groups
    )
    out = folder / f"map-{n_rows}-{n_words}-{n_units}-{n_groups}-{reducer}-{clusterer}"
    unit = ["--unit", "person", "--keep", "age"] if n_units else []
    sets = ["--set", f"reducer={reducer}", "--set", f"clusterer={clusterer}"]
    words = ["map", str(path), "--text", "text", "--group", "label", *unit, "--out", str(out), *sets]
    pathway = TextPathway.from_config({"reducer": reducer, "clusterer": clusterer})
    corpus = corpus_from(read_table(path), text="text", group="label", unit="person" if n_units else None)
    terms = pathway.check(corpus).need.terms
    return Workload("map", name, (*words, "--no-cache", "--force", "--quiet"), out, terms)


def compare_units(
    folder: Path, run: Callable[[Workload], object], n_units: int, *, n_groups: int = 2, covariate: bool = False
) -> Workload:
    """Return a run of `compare` on texts that `run` maps first: eight texts a unit."""
    from emotopy.pathways.comparison.design_summary import check_comparison
    from emotopy.pathways.comparison.spec import ComparisonSpec
    from emotopy.pathways.text.read_results import read_mapped
    from emotopy.running.writing import REPORTERS

    mapped = map_texts(folder, 8 * n_units, reducer="pca", clusterer="kmeans", n_units=n_units, n_groups=n_groups)
    if not mapped.results.exists():
        run(mapped)
    groups = tuple(f"g{number}" for number in range(n_groups))
    out = mapped.results.with_name(f"{mapped.results.name}-compare-{int(covariate)}")
    held = ["--covariate", "age"] if covariate else []
    spec = ComparisonSpec(groups, covariates=("age",) if covariate else ())
    terms = check_comparison(read_mapped(mapped.results, REPORTERS), spec).need.terms
    name = f"{n_units:,} units in {n_groups} groups" + (", a covariate" if covariate else "")
    words = ("compare", str(mapped.results), *groups, *held, "--out", str(out), "--force", "--quiet")
    return Workload("compare", name, words, out, terms)


def decode_study(
    folder: Path, n_subjects: int, n_regions: int, *, n_surrogates: int = 200, n_volumes: int = 362
) -> Workload:
    """Return a run of `decode` by the default preset; series and ratings are written into the folder."""
    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.study import Study
    from emotopy.simulate import simulate_bold

    made = simulate_bold(
        "nothing",
        n_subjects=n_subjects,
        n_regions=n_regions,
        n_volumes=n_volumes,
        n_carriers=min(3, n_regions // len(EMOTIONS)),
        emotions=EMOTIONS,
    )
    place = folder / f"series-{n_subjects}-{n_regions}"
    place.mkdir(exist_ok=True)
    tr_s = made.series[0].tr_s
    for one in made.series:
        header = "\t".join(one.regions)
        np.savetxt(place / f"{one.subject}.tsv", one.values, fmt="%.6g", delimiter="\t", header=header, comments="")
    ratings = folder / f"ratings-{n_subjects}-{n_regions}.tsv"
    rated = made.ratings
    with ratings.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["onset", "duration", *rated.emotions])
        for onset, lasts, values in zip(rated.onset_s, rated.duration_s, rated.values, strict=True):
            writer.writerow([onset, lasts, *values])
    config = {"null": {"n": n_surrogates}}
    terms = BrainPathway.from_config(config).check(Study.of(made.series, made.ratings)).need.terms
    out = folder / f"decode-{n_subjects}-{n_regions}-{n_surrogates}"
    words = ["decode", "--series", str(place), "--ratings", str(ratings), "--tr", f"{tr_s:g}", "--out", str(out)]
    words += ["--set", f"null.n={n_surrogates}", "--no-cache", "--force", "--quiet"]
    name = f"{n_subjects} subjects, {n_regions} regions, {n_surrogates} surrogates"
    return Workload("decode", name, tuple(words), out, terms)
