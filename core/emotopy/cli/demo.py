"""`emotopy demo`: texts, a comparison, a simulated study and the bridge on what ships, a report of each at the end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import attrs
import typer

from emotopy.cli.console import Force, Quiet, console_host, load_registry, reserve, write_results
from emotopy.cli.map import map_file

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.brain.result import Decoding
    from emotopy.pathways.brain.study import Study
    from emotopy.pathways.bridge.result import Bridge
    from emotopy.pathways.comparison.result import Comparison
    from emotopy.records.axes import FloatArray
    from emotopy.records.brain import Ratings
    from emotopy.registry import Registry
    from emotopy.roles import Host

    R = TypeVar("R", Bridge, Comparison, Decoding)

FOLDERS = ("texts", "comparison", "brain", "bridge")
GROUPS = ("worry", "gratitude")
UNPLANTED = "superior_temporal"
"""Both groups write of music and talk, in the same words on the same day."""
N_SURROGATES = 99
"""Enough for p = 0.01; a real study wants more."""
N_LISTENERS = 4
TR_S = 2.0
READING_S = 9.0
"""An entry of 23 words, read aloud."""
SMOOTHNESS_S = 20.0
COUPLING = 0.25
"""Depth of the planted modulation: correlation per SD of fear, around 0.3."""
CARRIERS = ("amygdala", "hippocampus", "insula", "anterior_cingulate", "hypothalamus", "periaqueductal_gray")
"""Regions that textbooks name for fear. They were chosen before any result was seen."""
PLANTED, CONTROL = "fear", "control"
CONNECTIVITY = "sliding-window"
ALPHA = 0.05

TEXTS_NOTE = (
    "The diaries are made up: 12 writers note what worries them, 12 what they are grateful for, each on five evenings. "
    "On the third, both groups write of music and talk, in nearly the same words. Some writers have an entry of the "
    "other group's kind. The difference found here was written into the texts and says nothing about people."
)
STUDY_NOTE = (
    "This study is simulated: {n} made-up listeners hear the made-up diaries, in an order in which the fear of the "
    "words rises and falls slowly. Planted: the coupling among {regions} follows {planted}. `{control}` is the same "
    "ratings in another order, which nothing follows; head motion follows nothing either."
)
BRIDGE_NOTE = (
    "The texts are made up and the scans simulated: the regions whose coupling follows fear were chosen by hand. That "
    "the two sides agree shows that the bridge finds what was planted, and nothing about brains."
)


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the results, created by the command.")
    ] = Path("emotopy-demo"),
    *,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Run all analyses on example data that come with emotopy, and write a report of each.

    The command maps and compares made-up diaries, decodes a simulated study, and bridges the two.
    """
    from emotopy.datasets.sample import made_up_diaries_path

    host = console_host(context, quiet=quiet, force=force, out=out)
    texts, comparison, brain, bridge = (out / name for name in FOLDERS)
    for directory in (texts, comparison, brain, bridge):
        reserve(context, directory, force=force, host=host)
    map_file(
        context,
        made_up_diaries_path(),
        out=texts,
        text="text",
        group="group",
        unit="writer",
        time="day",
        id_="id",
        no_cache=True,
        force=force,
        quiet=quiet,
    )
    registry = load_registry(context)
    print()
    compared = _compare(texts, comparison, registry, host, force=force)
    print()
    scores = _decode(texts, brain, registry, host, force=force)
    print()
    bridged = _bridge(texts, brain, bridge, registry, host, force=force)
    print("\nWhat was found\n")
    for sentence in (*comparison_answer(compared), decoding_answer(scores), bridge_answer(bridged)):
        print(sentence)
    command = shlex.join(["emotopy", "bridge", str(texts), str(brain), "--out", str(bridge), "--force"])
    print(f"\nThe bridge again, by itself: {command}")
    print(
        f"Open {', '.join(str(out / name / 'report.html') for name in FOLDERS)} in a browser; the diaries are made up, "
        "the scans simulated."
    )


def _compare(texts: Path, out: Path, registry: Registry, host: Host, *, force: bool) -> pd.DataFrame:
    from emotopy.cli.compare import print_summary
    from emotopy.pathways.comparison.pathway import compare
    from emotopy.pathways.comparison.spec import ComparisonSpec
    from emotopy.pathways.text.read_results import read_mapped
    from emotopy.running.writing import REPORTERS

    result = _with_note(compare(read_mapped(texts, REPORTERS), ComparisonSpec(GROUPS), host), TEXTS_NOTE)
    write_results(result, out, registry, host, force=force)
    print_summary(result)
    print(f"\nResults are in {out}")
    return result.table


def _decode(texts: Path, out: Path, registry: Registry, host: Host, *, force: bool) -> pd.DataFrame:
    from emotopy.cli.decode import print_summary
    from emotopy.pathways.brain.pathway import BrainPathway

    study = simulate_listeners(fear_of(texts), tuple(registry.make("atlas", "affect18").regions))
    pathway = BrainPathway.from_config({"null": {"n": N_SURROGATES}}, registry=registry, host=host)
    decoding = pathway.decode(study)
    decoding = _with_note(decoding, chance_note(decoding.scores), at=1)
    write_results(decoding, out, registry, host, force=force)
    print_summary(decoding)
    print(f"\nResults are in {out}")
    return decoding.scores


def _bridge(texts: Path, brain: Path, out: Path, registry: Registry, host: Host, *, force: bool) -> pd.DataFrame:
    from emotopy.cli.bridge import print_summary
    from emotopy.pathways.bridge.pathway import bridge

    result = _with_note(bridge(texts, brain, registry=registry, host=host), BRIDGE_NOTE)
    write_results(result, out, registry, host, force=force)
    print_summary(result)
    print(f"\nResults are in {out}")
    return result.table


def _with_note(result: R, note: str, at: int = 0) -> R:
    """Return the result with one more note, before the one at `at`; its provenance has it, too."""
    notes = (*result.notes[:at], note, *result.notes[at:])
    return attrs.evolve(result, notes=notes, provenance={**result.provenance, "notes": list(notes)})


def fear_of(texts: Path) -> FloatArray:
    """Return the word list's fear of each scored entry (n_texts,), from the results of `map`."""
    import pandas as pd

    table = pd.read_parquet(texts / "texts.parquet", columns=["status", f"emotion_{PLANTED}"])
    return table.loc[table["status"] == "scored", f"emotion_{PLANTED}"].to_numpy(dtype="float64")


def reading_order(fear: FloatArray, seed: int = 0) -> Ratings:
    """Return ratings of the entries, read one after the other, so that fear rises and falls slowly.

    A smooth random course is drawn; the entry with the k-th highest fear is read where the course is k-th highest.
    The control has the same values, placed in the same way along a course of its own, which is uncorrelated with the
    first.

    Parameters
    ----------
    fear : array of shape (n_texts,)
        The rating of each entry.
    seed : int, default 0
        Of the courses.

    Returns
    -------
    Ratings
        ``fear`` and ``control``, a segment of 9 s for each entry.
    """
    import numpy as np

    from emotopy.records.brain import Ratings
    from emotopy.simulate import smooth

    n = len(fear)
    courses = smooth(n, 2, SMOOTHNESS_S / READING_S, np.random.default_rng(seed))
    courses -= courses.mean(axis=0)
    first, second = courses.T
    second -= first * (first @ second) / (first @ first)
    ranks = courses.argsort(axis=0).argsort(axis=0)
    return Ratings((PLANTED, CONTROL), np.arange(n) * READING_S, np.full(n, READING_S), np.sort(fear)[ranks])


def simulate_listeners(fear: FloatArray, regions: tuple[str, ...], seed: int = 0) -> Study:
    """Return a study of made-up listeners to the diaries, over the regions of the atlas.

    Parameters
    ----------
    fear : array of shape (n_texts,)
        The rating of each entry.
    regions : tuple of str
        The atlas's regions, of which `CARRIERS` carry fear.
    seed : int, default 0
        Of the order of reading, the signals and the motion.

    Returns
    -------
    Study
        Series, ratings and motion of `N_LISTENERS` listeners.
    """
    import numpy as np

    from emotopy.pathways.brain.study import Study
    from emotopy.readers.motion import Motion
    from emotopy.records import label
    from emotopy.records.regions import RegionWeights
    from emotopy.simulate import simulate_bold

    loadings = np.array([[float(region in CARRIERS) for region in regions]])
    simulated = simulate_bold(
        "coupling",
        n_subjects=N_LISTENERS,
        n_volumes=int(len(fear) * READING_S / TR_S),
        tr_s=TR_S,
        coupling=COUPLING,
        ratings=reading_order(fear, seed),
        loadings=RegionWeights((PLANTED,), regions, loadings),
        seed=seed,
    )
    named = ", ".join(label(region) for region in CARRIERS)
    return Study.of(
        simulated.series,
        simulated.ratings,
        motion=[Motion(one.parameters, one.fd_mm) for one in simulated.motion],
        source={"simulated": f"coupling among {len(CARRIERS)} regions follows {PLANTED}; nothing follows {CONTROL}"},
        notes=[STUDY_NOTE.format(n=N_LISTENERS, regions=named, planted=PLANTED, control=CONTROL)],
    )


def unplanted(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a decoding's scores that test what nothing was planted in; those without a p are left out."""
    is_planted = (scores["emotion"] == PLANTED) & scores["features"].str.startswith(CONNECTIVITY)
    return scores[~is_planted & scores["p"].notna()]


def chance_note(scores: pd.DataFrame) -> str:
    """Say how many of the tests in which nothing was planted came out below 0.05, and what chance does."""
    tests = unplanted(scores)
    found = tests[tests["p"] < ALPHA]
    named = ", ".join(f"{emotion} from {features}" for emotion, features in found[["emotion", "features"]].to_numpy())
    return (
        f"{len(found) or 'None'} of the {len(tests)} tests in which nothing was planted came out below p = {ALPHA:g}"
        + (f" ({named}): by chance" if named else "")
        + f". Chance alone brings 1 test in 20 there. p family is corrected over {scores['emotion'].nunique()} ratings."
    )


def comparison_answer(table: pd.DataFrame) -> list[str]:
    """Say which regions differ, in which direction, and that one that wasn't planted doesn't."""
    from emotopy.records import label

    tested = table[table["measure"] == "relative"].sort_values("p_family", kind="stable")
    found = tested[tested["p_family"] < ALPHA]
    n_a, n_b = int(tested["n_a"].iloc[0]), int(tested["n_b"].iloc[0])
    differ = f"{len(found) or 'none'} {'differs' if len(found) == 1 else 'differ'}"
    writers = f"{n_a} writers of {GROUPS[0]} and {n_b} of {GROUPS[1]}"
    lines = [f"Texts: of {len(tested)} regions, {differ} between {writers} (family-wise p < {ALPHA:g}; g in brackets)."]
    for group, rows in ((GROUPS[0], found[found["g"] > 0]), (GROUPS[1], found[found["g"] < 0])):
        if len(rows):
            lines.append(f"  Higher in {group}: " + ", ".join(_effect(row, label) for row in _rows(rows)) + ".")
    control = next(row for row in _rows(tested) if row["region"] == UNPLANTED)
    verb = "differs, although" if control["p_family"] < ALPHA else "doesn't differ:"
    intensity = table[table["measure"] == "intensity"]
    n_intense = int((intensity["p_family"] < ALPHA).sum())
    lines.append(
        f"  {label(UNPLANTED)[0].upper()}{label(UNPLANTED)[1:]} {verb} both groups write alike of music and talk "
        f"(g {control['g']:+.1f}, p family {control['p_family']:.2f}). Intensity differs in {n_intense or 'no'} "
        f"region{'s' * (n_intense > 1)}."
    )
    return lines


def decoding_answer(scores: pd.DataFrame) -> str:
    """Say whether the planted rating and its control are decoded, and what the baselines do."""
    rows = scores[scores["features"] == CONNECTIVITY].set_index("emotion")
    said = [
        f"{emotion} is{'' if row['p_family'] < ALPHA else ' not'} decoded (r {row['r']:.2f}, p family "
        f"{row['p_family']:.2f})"
        for emotion, row in rows.iterrows()
    ]
    return f"Scans: {'; '.join(said)}. {chance_note(scores)}"


def bridge_answer(table: pd.DataFrame) -> str:
    """Say whether the regions of the texts and of the scans agree for the planted emotion."""
    row = table[(table["emotion"] == PLANTED) & (table["weights"] == "absolute")].iloc[0]
    agree = "look alike" if row["p_family"] < ALPHA else "are not more alike than chance makes them"
    return (
        f"Bridge: for {PLANTED}, the regions of the texts and of the scans {agree} (r {row['r']:.2f} over "
        f"{row['n_regions']} regions, p family {row['p_family']:.3f})."
    )


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _effect(row: Mapping[Any, Any], label: Any) -> str:
    return f"{label(row['region'])} ({row['g']:+.1f})"
