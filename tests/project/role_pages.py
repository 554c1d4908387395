"""Writes docs/roles/<role>.md from what stands in the code: hook, protocol, template of the scaffolder, checks.

    python tests/project/role_pages.py

A test compares the pages with what this would write.
"""

from __future__ import annotations

import inspect
from pathlib import Path

from emotopy import hookspecs
from emotopy.roles import ROLES, STAGES
from emotopy.scaffold.write import Scaffold
from emotopy.testing.role_checks import checks_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "roles"

ABOUT = {
    "embedder": (
        "First stage of the text pathway; region mappers and some annotators borrow it.",
        "emotopy map texts.csv --out results --set embedder={name}",
        ("fits", "languages", "words", "fingerprint", "price", "threads", "saves"),
    ),
    "reducer": (
        "Second stage of the text pathway: vectors to a space in which clusters can be found.",
        "emotopy map texts.csv --out results --set reducer={name}",
        ("transform", "sklearn", "threads", "saves"),
    ),
    "clusterer": (
        "Third stage of the text pathway. Some region mappers need clusters, others only show them.",
        "emotopy map texts.csv --out results --set clusterer={name}",
        ("predict", "membership", "sklearn", "threads", "saves"),
    ),
    "intensity_scorer": (
        "Runs beside the other stages of the text pathway, on the texts alone.",
        "emotopy map texts.csv --out results --set intensity_scorer={name}",
        ("languages", "fingerprint", "threads"),
    ),
    "region_mapper": (
        "Last stage of the text pathway: it says which text belongs to which region.",
        "emotopy map texts.csv --out results --set region_mapper={name}",
        ("profile", "combined", "overlaps", "fingerprint", "threads", "saves"),
    ),
    "atlas": (
        "Owns the region axis: of the text pathway's results, and of series that are read from images.",
        'emotopy decode --bold "bold/*.nii.gz" --atlas {name} --ratings ratings.tsv --tr 2 --out results',
        ("fmriprep", "networks", "threads"),
    ),
    "annotator": (
        "First stage of the brain pathway: what is felt at which moment of the story.",
        "emotopy annotate story.srt --annotator {name} --out ratings.tsv",
        ("repeats", "price segments", "threads"),
    ),
    "connectivity": (
        "Second stage of the brain pathway: what a decoder is given of each window.",
        "emotopy decode --series series/ --ratings ratings.tsv --tr 2 --out results --set connectivity={name}",
        ("cleans", "streams", "lags", "threads"),
    ),
    "neural_decoder": (
        "Third stage of the brain pathway. The host splits, refits and scores; the decoder only fits and predicts.",
        "emotopy decode --series series/ --ratings ratings.tsv --tr 2 --out results --set neural_decoder={name}",
        ("exact", "linear", "sklearn regressor", "threads"),
    ),
    "reporter": (
        "End of both pathways. Several reporters may write into one results directory.",
        'emotopy map texts.csv --out results --set \'reporter=["tables", "{name}"]\'',
        (),
    ),
    "dataset": (
        "Beside the pathways: brings data in the layout of their authors into one table that `emotopy map` takes.",
        "emotopy data {name} --from FOLDER --out texts.parquet",
        ("fetches", "recognises", "describes"),
    ),
}
"""Per role: where it stands, a command that uses it, and what its stages may also do."""

CAPABILITIES = {
    "fits": "`fit(texts)` (`FitsTexts`): it learns from the distinct texts of the fit first, as TF-IDF does",
    "languages": "a property `languages` (`KnowsLanguages`): codes of the languages that it knows; none claims nothing",
    "words": "`knows_words(words)` (`KnowsWords`): which words it knows as words",
    "fingerprint": "a property `fingerprint` (`Fingerprinted`): equal ones promise equal output, which is then cached",
    "price": "`estimate(texts)` (`Priced`): the stage sends texts elsewhere and says beforehand what that takes",
    "price segments": "`estimate(segments, emotions)`: what an annotator that sends segments elsewhere would send",
    "threads": "an attribute `thread_safe = True`: several threads may use one stage at once",
    "transform": "`transform(X)`: new rows are placed in the space of the fit",
    "predict": "`predict(points)`: new points get a label of the fit",
    "saves": "`state()` and `restore(arrays, values)` (`Saves`): what it has learnt is saved with a fitted pathway",
    "membership": "`membership(points)` (`SoftClusterer`): how much each row belongs to each cluster",
    "sklearn": "in Python, any scikit-learn instance of this kind can be given as it is",
    "sklearn regressor": "in Python, any scikit-learn regressor for several targets can be given as it is",
    "profile": "`profile`, `evidence`, `reference`, `reference_share` (`ProfileMapper`): a standard of its own",
    "combined": "`map(inputs)` (`CombinedMapper`): assignment, profile and evidence in one call, since they share work",
    "overlaps": "`overlapping_nodes` (`NamesOverlaps`): pairs of nodes that its data can't tell apart",
    "fmriprep": "`fmriprep_runs(folder, task)` (`emotopy.readers.bold.ReadsFmriprep`): it finds its own derivatives",
    "networks": "an attribute `networks` (`emotopy.readers.bold.HasNetworks`): the network of each region",
    "repeats": "`annotate_repeats(segments, emotions)`: every segment rated several times, for a reliability",
    "cleans": "`clean(series, tr_s, confounds)` (`CleansSignal`): the signal cleaned in a way of its own",
    "streams": "an option `causal` and `stream(n_regions, tr_s)` (`StreamsFeatures`): it works while the scanner runs",
    "linear": "`is_linear` and `linear_form()` (`LinearDecoder`): its coefficients are kept, so that it can be saved",
    "lags": "an attribute `n_lags`: rows are volumes with so many around them, not windows; None: windows",
    "fetches": "`fetch(folder, mirror)` (`FetchesOriginals`): open originals are fetched, with `--fetch` alone",
    "recognises": "`recognises(source)` (`RecognisesSource`): asked where an experiment names several data sets",
    "describes": "`describe(loaded, source)` (`DescribesRecords`): lines to print where it gives records, not a table",
    "exact": "`cross_validator(...)` (`ExactCrossValidation`): the same numbers without refitting",
}


def page(role: str) -> str:
    """Return the page of a role."""
    where, command, may = ABOUT[role]
    scaffold = Scaffold(role, f"my-{role.replace('_', '-')}")
    contract = inspect.getdoc(getattr(hookspecs, hookspecs.HOOKS[role])).split("\n\n    return")[0]
    capabilities = "".join(f"- {CAPABILITIES[one]}\n" for one in may)
    promises = "".join(f"| {str(check).replace('_', ' ')} | {check.words} |\n" for check in checks_of(role))
    return f"""<!-- Written by tests/project/role_pages.py; change it, or the code that it reads, not this page. -->

# {role.replace("_", " ").capitalize()}

{where}

## Contract

Hook `{hookspecs.HOOKS[role]}`, role `{role}`{" in a configuration" if role in STAGES else ""}. {contract}

```python
{inspect.getsource(ROLES[role]).strip()}
```

## Smallest example

What `emotopy plugins new {scaffold.name} --role {role}` writes; it is green as it stands:

```python
{scaffold.source().strip()}
```

Used with:

```sh
{command.format(name=scaffold.name)}
```
{
        f'''
## May also

{capabilities}'''
        if may
        else ""
    }
## Promises

`emotopy plugins check NAME`, or `emotopy.testing.conformance("{role}")` in a test, checks each:

| promise | which says |
|---|---|
{promises}"""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in ROLES:
        (FOLDER / f"{name}.md").write_text(page(name), "utf-8")
