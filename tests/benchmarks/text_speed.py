"""The text pathway beside the build before, and beside BERTopic: whole cold processes, and `transform` inside one.

    python tests/benchmarks/text_speed.py [--before FOLDER] [--bertopic PYTHON] [--repeats 5] [--threads 1 2]
        [--only demo map-1000 map-goemotions transform] [--data FOLDER]

`--before` is a checkout of the build to compare with, with its `.venv`; `--bertopic` the Python of an environment with
BERTopic (requirements-text-peer.txt). Contenders run in turn and figures are medians.

Commands are `emotopy demo`, and `emotopy map` with the default preset on 1,000 comments of GoEmotions (every 43rd) and
on all of train, by label. BERTopic's process imports it and fits it, unseeded, to the same comments and the same
embeddings of `static`, which it reads from a file; it makes no map, no table and no page. `transform` is timed in a
process that has fitted the default preset to the 1,000 comments: others of them, one at a time and 1,000 at a time,
never the same twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench_table import DATA, Column, Settings, Table
from processes import Used, in_turn, measure, median, python_of, ratio

NAMES = ("text-commands", "transform")
COMMAND = "python tests/benchmarks/text_speed.py"
PEER = Path(__file__).with_name("text_peer.py")
N_FITTED, N_ALONE, N_BATCHES = 1000, 100, 2
READ = {"texts": ("texts",), "all tables": ("texts", "regions", "clusters")}


# Input ----------------------------------------------------------


def write_comments(folder: Path, data: Path) -> tuple[Path, Path]:
    """Write the comments of GoEmotions train, and 1,000 of them, as tables with a label; return both paths."""
    from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

    frame = GoEmotionsDataset().load(data / "goemotions")
    whole, some = folder / "train.parquet", folder / "thousand.parquet"
    frame.to_parquet(whole)
    frame.iloc[:: len(frame) // N_FITTED][:N_FITTED].to_parquet(some)
    return whole, some


def write_embeddings(folder: Path, comments: Path) -> tuple[Path, Path]:
    """Write what the peer is given: the comments as JSON and their embeddings; return both paths."""
    import numpy as np
    import pandas as pd

    from emotopy_plugins.embedders.static import StaticEmbedder

    texts = pd.read_parquet(comments)["text"].tolist()
    places = folder / "comments.json", folder / "embeddings.npy"
    places[0].write_text(json.dumps(texts), encoding="utf-8")
    np.save(places[1], StaticEmbedder().embed(texts))
    return places


# Whole processes ----------------------------------------------------------


def commands(folder: Path, data: Path, *, quick: bool = False) -> dict[str, list[str]]:
    """Return the words after `python -m emotopy` of each command; those that need data are left out without them."""
    found = {"demo": ["demo", "--out", str(folder / "demo"), "--force", "--quiet"]}
    if not (data / "goemotions" / "train.tsv").is_file():
        print("map is left out: it needs train.tsv of GoEmotions (--data)", file=sys.stderr)
        return found
    for name, path in zip(("map-goemotions", "map-1000"), write_comments(folder, data), strict=True):
        words = ["map", str(path), "--text", "text", "--group", "label", "--id", "id", "--out", str(folder / name)]
        found[name] = [*words, "--no-cache", "--force", "--quiet"]
    if quick:
        del found["map-goemotions"]
    return found


def command_rows(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row per command, contender and number of threads."""
    rows: list[dict[str, Any]] = []
    for name, words in commands(folder, options.data, quick=options.quick).items():
        if options.only and name not in options.only:
            continue
        contenders: dict[str, list[object]] = {"now": [python_of(), "-m", "emotopy", *words]}
        if options.before and name != "map-goemotions":  # a minute a run; its contender is the peer
            contenders["before"] = [python_of(options.before), "-m", "emotopy", *words]
        if options.bertopic and name == "map-goemotions":
            contenders["BERTopic"] = [options.bertopic, PEER, *write_embeddings(folder, Path(words[1]))]
        for threads in options.threads:
            rows += rows_of(name, threads, in_turn(contenders, repeats=options.repeats, threads=threads))
    return rows


def rows_of(name: str, threads: int, taken: dict[str, list[Used]]) -> list[dict[str, Any]]:
    """Return a row per contender; the shares are those of this build in the contender's time."""
    rows = []
    for contender, runs in taken.items():
        used = median(runs)
        row = {"work": name, "contender": contender, "threads": threads, "wall": used.wall_s, "cpu": used.cpu_s}
        row["peak"] = used.peak_mb
        if contender != "now":
            share = ratio(taken["now"], runs)
            row |= {"wall_share": share.wall_s, "cpu_share": share.cpu_s}
        rows.append(row)
    return rows


# Transform, inside a process ----------------------------------------------------------


def transform_times(folder: Path) -> dict[str, float]:
    """Return the processor milliseconds of a `transform` by number of texts and what is read of it."""
    import pandas as pd

    from emotopy.pathways.text.pathway import TextPathway

    texts = pd.read_parquet(folder / "train.parquet")["text"].tolist()
    fitted = TextPathway.from_config({}).fit(pd.read_parquet(folder / "thousand.parquet")["text"].tolist())
    found, place = {}, 0
    for size, loops in ((1, N_ALONE), (N_FITTED, N_BATCHES)):
        for name, tables in READ.items():
            batches = [texts[place + size * i : place + size * (i + 1)] for i in range(loops + 1)]
            place += size * (loops + 1)
            found[f"{size}, {name}"] = processor_ms(lambda batch, read=tables: read_of(fitted, batch, read), batches)
    return found


def read_of(fitted: Any, texts: list[str], tables: Sequence[str]) -> list[Any]:
    """Map the texts and read these tables."""
    result = fitted.transform(texts)
    return [getattr(result, table) for table in tables]


def processor_ms(work: Callable[[Any], object], batches: list[Any]) -> float:
    """Return the mean processor time of the work on a batch, in milliseconds; the first isn't counted."""
    work(batches[0])
    begun = time.process_time()
    for batch in batches[1:]:
        work(batch)
    return (time.process_time() - begun) / (len(batches) - 1) * 1000


def transform_rows(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row per number of texts, what is read, and number of threads."""
    if not (options.data / "goemotions" / "train.tsv").is_file():
        print("transform is left out: it needs train.tsv of GoEmotions (--data)", file=sys.stderr)
        return []
    write_comments(folder, options.data)
    builds = {"now": None, **({"before": options.before} if options.before else {})}
    rows = []
    for threads in options.threads:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in builds}
        for _ in range(options.repeats):
            for name, checkout in builds.items():
                used = measure([python_of(checkout), __file__, "--child", str(folder)], threads=threads)
                runs[name].append(json.loads(used.out.splitlines()[-1]))
        for work in runs["now"][0]:
            row: dict[str, Any] = {"work": work, "threads": threads}
            row |= {name: middle([one[work] for one in taken]) for name, taken in runs.items()}
            if options.before:
                pairs = zip(runs["now"], runs["before"], strict=True)
                row["share"] = middle([one[work] / other[work] for one, other in pairs])
            rows.append(row)
    return rows


def middle(figures: list[float]) -> float:
    """Return the median."""
    from statistics import median as of

    return of(figures)


# Tables ----------------------------------------------------------

OF_COMMANDS = (
    Column("work", "Command"),
    Column("contender", "Contender"),
    Column("threads", "threads"),
    Column("wall", "wall clock", "s"),
    Column("cpu", "processor", "s"),
    Column("peak", "peak", "MB"),
    Column("wall_share", "now / contender, wall", "", 2),
    Column("cpu_share", "now / contender, processor", "", 2),
)
OF_TRANSFORM = (
    Column("work", "Texts, tables read"),
    Column("threads", "threads"),
    Column("before", "before", "ms"),
    Column("now", "now", "ms"),
    Column("share", "now / before", "", 2),
)


def tables_of(options: argparse.Namespace, wanted: Sequence[str]) -> list[Table]:
    """Return the tables that are wanted."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        if "text-commands" in wanted:
            note = (
                "Cold processes, default preset, no cache; `map` by label. The BERTopic process imports BERTopic and "
                "fits it, without a seed, to the same embeddings, which it reads from a file; it neither maps nor "
                "writes anything."
            )
            rows = command_rows(options, Path(place))
            found.append(Table("text-commands", "Commands on texts", COMMAND, OF_COMMANDS, rows, note))
        if "transform" in wanted:
            note = (
                f"Processor time inside a process that has fitted the default preset to {N_FITTED:,} comments; new "
                "comments each time. Each table is computed when it is first read."
            )
            title = "New texts mapped by a fitted pathway"
            found.append(Table("transform", title, COMMAND, OF_TRANSFORM, transform_rows(options, Path(place)), note))
    return found


def tables(settings: Settings) -> list[Table]:
    """Return the tables for `bench.py`."""
    words = ["--repeats", str(settings.repeats), "--threads", *map(str, settings.threads)]
    options = arguments([*words, "--data", str(settings.data), *(["--quick"] if settings.quick else [])])
    options.before, options.bertopic = settings.before, settings.peers.get("bertopic")
    return tables_of(options, [name for name in NAMES if settings.wants(name)])


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--bertopic", metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORK")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main() -> None:
    options = arguments()
    if options.child:
        print(json.dumps(transform_times(options.child)))
        return
    wanted = {"transform" if work == "transform" else "text-commands" for work in options.only} or set(NAMES)
    for table in tables_of(options, sorted(wanted)):
        print(table.to_markdown(), end="\n\n")


if __name__ == "__main__":
    main()
