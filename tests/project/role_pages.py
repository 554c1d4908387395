"""Writes docs/roles/<role>.md and docs/conformance.md from the code: hook, protocol, scaffolder's template, checks.

    python tests/project/role_pages.py

A test compares the pages with what this would write.
"""

from __future__ import annotations

import inspect
import re
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
        ("fits", "languages", "words", "explains", "fingerprint", "price", "threads", "saves"),
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
        ("profile", "combined", "embeddings", "overlaps", "fingerprint", "threads", "saves"),
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
    "explains": "`embed_without(texts, words)` (`ExplainsWords`): texts without a word, for the table `reasons`",
    "embeddings": "`embeddings_only = True` (`MapsEmbeddings`): its values follow from a text's embedding alone",
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


NOT_RUN = {"atlas": "<!-- no-run: one's own scans -->\n"}
"""Roles whose command needs what a made-up folder of files hasn't got."""

EXAMPLES = re.compile(r"\n\n    Examples\n    -+\n.*?\n    (?=\"\"\")", re.DOTALL)


def protocol(role: str) -> str:
    """Return the protocol of a role as it stands in the code, without the examples of its docstring."""
    source = inspect.getsource(ROLES[role]).strip()
    several = len(inspect.cleandoc(ROLES[role].__doc__ or "").partition("\n\nExamples\n")[0].splitlines()) > 1
    return EXAMPLES.sub("\n    " if several else "", source, count=1)


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
{protocol(role)}
```

## Smallest example

What `emotopy plugins new {scaffold.name} --role {role}` writes; it is green as it stands:

```python
{scaffold.source().strip()}
```

Used with:

{NOT_RUN.get(role, "")}```sh
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


CONFORMANCE = """<!-- Written by tests/project/role_pages.py; change it, or the code that it reads, not this page. -->

# The conformance suite

What a stage promises by its role, as checks that a plugin's author runs, and that our own stages pass.

```sh
emotopy plugins check NAME                       # every promise: ok, failed, not applicable, not checked
emotopy plugins check NAME --only 'same_*'       # some, by name or pattern; repeatable
emotopy plugins check NAME --durations           # how long each took
emotopy plugins check NAME --set n_dims=3        # with other options
```

In a test, `emotopy.testing.conformance(role, only_owner=..., only=[...], options=..., stages=...)` gives pairs of a
candidate and a check; in a script, `emotopy.testing.check_outcome(candidate, check)` says what became of it. Messages
say what was wanted and what came; they repeat no text, key or path that a stage leaked.

## How it works

**A stage is made three times.** Most checks share one stage, which is made when the first of them wants it. A second
is made of the same options, after these went through JSON, while the process is watched. A third is made in another
process, where Python's `hash` gives other numbers, where it meets other input first, and where output of C code and
files that are left behind are seen.
Further ones are made where a promise is about making: options that make no sense, other options of a stage with a
fingerprint, a restored state, a cache folder. A check that fails on a stage that others have used is repeated with a
new one, so that none answers for what another left behind.

**Other stages are lent.** A factory with a parameter annotated with a role's protocol (`embedder: Embedder`, `atlas:
Atlas`, any of them) gets a tiny deterministic double (`emotopy.testing.doubles`), unless `stages` gives another.

**Files are looked into.** What a reporter writes, and what a stage keeps in `Host.cache_dir`, is searched for input
texts (whole, a stretch of {stretch} characters or more, any word that only texts hold), absolute paths, keys of the
environment, the user's and the machine's name, and the time of writing. Archives and encodings within each other are
followed, up to {depth} deep and {size} MB a file: zip (xlsx, docx, odt, npz), tar, gzip, bzip2, xz, zstandard,
Parquet, Arrow and Feather, zlib streams wherever they stand (PDF, PNG), UTF-16 and UTF-32, entities of HTML, escapes
of JSON and URLs, base64, hexadecimal digits. Not looked into: what is encrypted, 7z and RAR, compressed data of
SQLite and HDF5 other than by zlib, text that is drawn as pixels or as numbers of glyphs. Where an archive can't be
opened, the promise counts as not checked.

**Times follow `SOURCE_DATE_EPOCH`.** The variable is set while a reporter writes. A file may hold its time or a fixed
one, not the present: members of archives count, and the same result gives the same bytes two seconds later.

**What it costs.** Processor seconds of `emotopy plugins check` for a TF-IDF and LSA embedder that is fitted when it is
made, child processes included, medians of five on two busy cores of x86_64 (`tests/benchmarks/conformance_cost.py`),
against the suite before stages were shared, which made it sixteen times and checked less:

| fitted to | before | now | ratio |
|---|---|---|---|
| 600 sentences | 5.4 | 3.8 | 0.70 |
| 10,000 sentences | 12.2 | 5.3 | 0.44 |
| 20,000 sentences | 16.3 | 5.8 | 0.36 |
| 40,000 sentences | 23.2 | 6.5 | 0.28 |

What is left for a stage that costs nothing to make is Python, emotopy and scikit-learn imported in two processes:
two hash seeds need two interpreters.

**What it can't tell.** Settings of the process that it doesn't know, use of the network, threads of C libraries that
wait in a pool, a race that shows once in a thousand times, a locale that the system hasn't got. Temporary files and
settings count from the second use in a process, since libraries set theirs when they are imported; child processes are
seen on Linux alone.

## Promises of every role

| promise | which says |
|---|---|
{every}

## Promises of one role

{own}
"""


def conformance_page() -> str:
    """Return the page of the suite: what every role promises, and the names of what each promises besides."""
    from emotopy.testing import file_layers, secrets_in_files

    checks = {role: {str(check): check.words for check in checks_of(role)} for role in ROLES}
    shared = [name for name in checks["atlas"] if all(name in of_role for of_role in checks.values())]
    every = "\n".join(f"| {name.replace('_', ' ')} | {checks['atlas'][name]} |" for name in shared)
    own = "\n".join(
        f"- [{role.replace('_', ' ')}](roles/{role}.md): "
        + ", ".join(name.replace("_", " ") for name in of_role if name not in shared)
        for role, of_role in checks.items()
    )
    return CONFORMANCE.format(
        every=every,
        own=own,
        stretch=2 * secrets_in_files.PIECE - 1,
        depth=file_layers.MAX_DEPTH,
        size=file_layers.MAX_BYTES // 2**20,
    )


if __name__ == "__main__":
    (FOLDER.parent / "conformance.md").write_text(conformance_page(), "utf-8")
    FOLDER.mkdir(exist_ok=True)
    for name in ROLES:
        (FOLDER / f"{name}.md").write_text(page(name), "utf-8")
