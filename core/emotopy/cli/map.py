"""`emotopy map` and `emotopy demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotopy.cli.config import ConfigFile, Preset, Sets, read_layers
from emotopy.cli.console import Settings, aligned, console_host

if TYPE_CHECKING:
    from emotopy.pathways.result import TextResult
    from emotopy.pathways.text import TextPathway
    from emotopy.records import Corpus


def map_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV, JSON Lines, Parquet, or a text a line.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    text: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of texts; by default the obvious one.")
    ] = None,
    group: Annotated[str | None, typer.Option(metavar="COL", help="Column of groups to summarise by.")] = None,
    unit: Annotated[str | None, typer.Option(metavar="COL", help="Column of persons or documents.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COL", help="Column of times, passed through.")] = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="COL", help="Column of ids, all different.")] = None,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    level: Annotated[str | None, typer.Option(help="region or node.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random; 0 by default.")] = None,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Where finished stages are kept.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep and reuse nothing.")] = False,
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Keep input texts out of all that is written.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, send nothing, say the cost.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the results in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Map texts onto the emotion atlas: assigned shares, profiles and intensities of 18 brain regions."""
    from emotopy.datasets.tables import corpus_from, read_table
    from emotopy.pathways.text import TextPathway
    from emotopy.registry import Registry
    from emotopy.storage.cache import default_directory, hash_file
    from emotopy.storage.results import check_free

    settings: Settings = context.obj
    # Cheap checks first: nothing is computed, loaded or paid for before they pass.
    check_free(out, force=force)
    layers = read_layers(config, sets)
    if level is not None:
        layers.append({"level": level})
    if seed is not None:
        layers.append({"seed": seed})
    pathway = TextPathway.from_layers(
        layers,
        preset=preset,
        registry=Registry.load(plugins=settings.plugins),
        cache=None if no_cache else cache or default_directory(),
        host=console_host(quiet=quiet),
    )
    frame = read_table(file)
    corpus = corpus_from(frame, text=text, group=group, unit=unit, time=time, id=id_)
    if dry_run:
        _print_estimate(pathway, corpus)
        return
    source = {"file": file.name, "sha256": hash_file(file)}
    result = pathway.fit(corpus, no_texts=no_texts, source=source).result
    result.write(out, force=force)
    _print_summary(result)
    print(f"\nResults are in {out}")


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")] = Path("emotopy-demo"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the results in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Map the sample that ships (made-up diaries of 24 writers) and write a report."""
    from emotopy.datasets.sample import diaries_path

    map_file(
        context,
        diaries_path(),
        out=out,
        text="text",
        group="group",
        unit="writer",
        time="day",
        id_="id",
        no_cache=True,
        force=force,
        quiet=quiet,
    )
    print(f"Open {out / 'report.html'} in a browser; everything in the sample is made up.")


def _print_estimate(pathway: TextPathway, corpus: Corpus) -> None:
    from emotopy.errors import InputError
    from emotopy.roles import Priced

    texts = sorted({corpus.text[row] for row in corpus.scored})
    if not texts:
        raise InputError(f"none of the {len(corpus)} rows holds text; nothing to map")
    stage = pathway.stage("embedder")
    rows = [
        ["rows", f"{len(corpus):,}"],
        ["with text", f"{len(corpus.scored):,}"],
        ["distinct texts", f"{len(texts):,}"],
    ]
    if isinstance(stage.object, Priced):
        estimate = stage.object.estimate(texts)
        cost = "unknown price" if estimate.cost_usd is None else f"at most {estimate.cost_usd:.4f} USD"
        rows += [
            ["already in the cache", f"{estimate.n_cached:,}"],
            ["estimated tokens", f"at most {estimate.n_tokens:,}"],
            ["requests", f"{estimate.n_requests:,}"],
            ["cost", cost],
        ]
    else:
        rows.append(["cost", f"none, {stage} sends nothing"])
    print(aligned(rows))


def _print_summary(result: TextResult) -> None:
    """Print each group's regions of the highest mean profile, as a first look."""
    from emotopy.records import label

    column = "node" if result.level == "node" else "region"
    groups = list(dict.fromkeys(result.regions["group"]))
    shown = groups[1:] or groups
    rows = [["group", "texts", "highest mean profile (SD above the reference)"]]
    for group in shown:
        table = result.regions[result.regions["group"] == group].nlargest(4, "relative")
        places = zip(table[column], table["relative"], strict=True)
        rows.append(
            [
                group,
                str(sum(result.texts["status"].eq("scored") & ((result.texts["group"] == group) | (group == "all")))),
                ", ".join(f"{label(name)} {value:+.2f}" for name, value in places),
            ]
        )
    print(aligned(rows))
