"""Writes docs/roles/<role>.md and docs/conformance.md from the code: hook, protocol, scaffolder's template, checks.

    python tests/project/role_pages.py

A test compares the pages with what this would write.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from textwrap import fill

from emotopy import hookspecs
from emotopy.roles import ROLES, STAGES
from emotopy.scaffold.write import Scaffold
from emotopy.testing.role_checks import checks_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "roles"

ABOUT = {
    "embedder": (
        (
            "An embedder turns texts into vectors. It is the first stage of the text pathway; region mappers and "
            "some annotators also use it."
        ),
        "emotopy map texts.csv --out results --set embedder={name}",
        ("fits", "languages", "words", "explains", "fingerprint", "price", "threads", "saves"),
    ),
    "reducer": (
        (
            "A reducer projects the vectors of texts into a space of fewer dimensions, in which clusters can be "
            "found. It is the second stage of the text pathway."
        ),
        "emotopy map texts.csv --out results --set reducer={name}",
        ("transform", "sklearn", "threads", "saves"),
    ),
    "clusterer": (
        (
            "A clusterer groups the texts. It is the third stage of the text pathway. Some region mappers need "
            "the clusters; with others, the clusters appear only in tables and figures."
        ),
        "emotopy map texts.csv --out results --set clusterer={name}",
        ("predict", "membership", "sklearn", "threads", "saves"),
    ),
    "intensity_scorer": (
        (
            "An intensity scorer rates how emotional each text is, and in which emotions. It belongs to the text "
            "pathway, but uses only the texts, not the output of other stages."
        ),
        "emotopy map texts.csv --out results --set intensity_scorer={name}",
        ("languages", "fingerprint", "threads"),
    ),
    "region_mapper": (
        "A region mapper assigns each text to brain regions. It is the last stage of the text pathway.",
        "emotopy map texts.csv --out results --set region_mapper={name}",
        ("profile", "combined", "embeddings", "overlaps", "fingerprint", "threads", "saves"),
    ),
    "atlas": (
        (
            "An atlas defines the brain regions: those of the text pathway's results, and those whose signal is "
            "read from images."
        ),
        'emotopy decode --bold "bold/*.nii.gz" --atlas {name} --ratings ratings.tsv --tr 2 --out results',
        ("fmriprep", "networks", "threads"),
    ),
    "annotator": (
        "An annotator rates the emotions of each segment of a story. It is the first stage of the brain pathway.",
        "emotopy annotate story.srt --annotator {name} --out ratings.tsv",
        ("repeats", "price segments", "threads"),
    ),
    "connectivity": (
        (
            "A connectivity measure turns the regions' time series into features for each time window. It is the "
            "second stage of the brain pathway; the neural decoder uses these features."
        ),
        "emotopy decode --series series/ --ratings ratings.tsv --tr 2 --out results --set connectivity={name}",
        ("cleans", "streams", "lags", "threads"),
    ),
    "neural_decoder": (
        (
            "A neural decoder predicts emotion ratings from the features of a window. It is the third stage of "
            "the brain pathway. It only fits and predicts; emotopy splits the data, repeats the fits and computes"
            " the scores."
        ),
        "emotopy decode --series series/ --ratings ratings.tsv --tr 2 --out results --set neural_decoder={name}",
        ("exact", "linear", "sklearn regressor", "threads"),
    ),
    "reporter": (
        (
            "A reporter writes a result to files. It is the last step of both pathways, and several reporters may"
            " write into one results directory."
        ),
        'emotopy map texts.csv --out results --set \'reporter=["tables", "{name}"]\'',
        (),
    ),
    "dataset": (
        (
            "A data set loads published data from the file layout of their authors into one table for `emotopy "
            "map`. It is not a stage of a pathway."
        ),
        "emotopy data {name} --from FOLDER --out texts.parquet",
        ("fetches", "recognises", "describes"),
    ),
}
"""Per role: what it does, a command that uses it, and its optional features."""

CAPABILITIES = {
    "fits": (
        "`fit(texts)` (`FitsTexts`): learns from the distinct texts of the corpus before it embeds, as TF-IDF does."
    ),
    "languages": ("a property `languages` (`KnowsLanguages`): codes of the supported languages; empty means no claim."),
    "words": "`knows_words(words)` (`KnowsWords`): returns which words it has in its vocabulary.",
    "explains": (
        "`embed_without(texts, words)` (`ExplainsWords`): embeds texts without a word, for the table `reasons`."
    ),
    "embeddings": (
        "`embeddings_only = True` (`MapsEmbeddings`): the assignment of a text depends only on its embedding."
    ),
    "fingerprint": (
        "a property `fingerprint` (`Fingerprinted`): if two are equal, so is the output, which is then cached."
    ),
    "price": (
        "`estimate(texts)` (`Priced`): for a stage that sends texts to a server, the amount and cost beforehand."
    ),
    "price segments": (
        "`estimate(segments, emotions)`: for an annotator that sends segments to a server, the amount and "
        "cost beforehand."
    ),
    "threads": "an attribute `thread_safe = True`: several threads may use one stage at the same time.",
    "transform": "`transform(X)`: projects new rows into the fitted space.",
    "predict": "`predict(points)`: gives new points a label of the fit.",
    "saves": "`state()` and `restore(arrays, values)` (`Saves`): its fitted state is saved with the pathway.",
    "membership": "`membership(points)` (`SoftClusterer`): returns how much each row belongs to each cluster.",
    "sklearn": "In Python, any scikit-learn instance of this kind can be used directly, without a plugin.",
    "sklearn regressor": (
        "In Python, any scikit-learn regressor for several targets can be used directly, without a plugin."
    ),
    "profile": (
        "`profile`, `evidence`, `reference`, `reference_share` (`ProfileMapper`): computes its own "
        "standardised profile."
    ),
    "combined": (
        "`map(inputs)` (`CombinedMapper`): returns assignment, profile and evidence from one call, to share work."
    ),
    "overlaps": "`overlapping_nodes` (`NamesOverlaps`): pairs of nodes that its data can't distinguish.",
    "fmriprep": (
        "`fmriprep_runs(folder, task)` (`emotopy.readers.bold.ReadsFmriprep`): finds its derivatives in a "
        "folder of fMRIPrep."
    ),
    "networks": "an attribute `networks` (`emotopy.readers.bold.HasNetworks`): the network of each region.",
    "repeats": "`annotate_repeats(segments, emotions)`: rates every segment several times, to estimate reliability.",
    "cleans": "`clean(series, tr_s, confounds)` (`CleansSignal`): cleans the signal in its own way.",
    "streams": (
        "an option `causal` and `stream(n_regions, tr_s)` (`StreamsFeatures`): computes features during the scan."
    ),
    "linear": ("`is_linear` and `linear_form()` (`LinearDecoder`): returns its coefficients, so that it can be saved."),
    "lags": (
        "an attribute `n_lags`: rows are volumes with this many neighbouring volumes, not windows; None means windows."
    ),
    "fetches": "`fetch(folder, mirror)` (`FetchesOriginals`): downloads open data, but only with `--fetch`.",
    "recognises": (
        "`recognises(source)` (`RecognisesSource`): tells whether a folder is this data set, for experiments "
        "that name several."
    ),
    "describes": (
        "`describe(loaded, source)` (`DescribesRecords`): returns lines to print, if `load` returns records "
        "instead of a table."
    ),
    "exact": (
        "`cross_validator(...)` (`ExactCrossValidation`): cross-validates without refitting, with the same numbers."
    ),
}


NOT_RUN = {"atlas": "<!-- no-run: needs scans -->\n"}
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
    key = f", and the key in a configuration is `{role}`" if role in STAGES else ""
    capabilities = "".join(f"- {CAPABILITIES[one]}\n" for one in may)
    promises = "".join(f"| {str(check).replace('_', ' ')} | {check.words} |\n" for check in checks_of(role))
    return f"""<!-- Written by tests/project/role_pages.py; change it, or the code that it reads, not this page. -->

# {role.replace("_", " ").capitalize()}

{fill(where, 120)}

## Contract

The hook is `{hookspecs.HOOKS[role]}`{key}. The [tutorial](../write-a-plugin.md) builds a complete plugin,
[hooks](../hooks.md) explains options and what a factory can request, and [axes and units](../axes-and-units.md) defines
axis names such as `n_texts`.

{contract}

```python
{protocol(role)}
```

## Smallest example

`emotopy plugins new {scaffold.name} --role {role}` writes this module, which passes all checks:

```python
{scaffold.source().strip()}
```

This command uses it:

{NOT_RUN.get(role, "")}```sh
{command.format(name=scaffold.name)}
```
{
        f'''
## Optional features

emotopy uses these if the stage has them:

{capabilities}'''
        if may
        else ""
    }
## Requirements

`emotopy plugins check NAME`, or `emotopy.testing.conformance("{role}")` in a test, checks these
requirements. [The conformance suite](../conformance.md) explains how.

| check | requirement |
|---|---|
{promises}"""


CONFORMANCE = """<!-- Written by tests/project/role_pages.py; change it, or the code that it reads, not this page. -->

# The conformance suite

The conformance suite checks that a stage behaves as emotopy expects of its role. It is for plugin authors; the built-in
stages pass it as well. This page explains how to run it, what it checks and how, and what it can't detect. The
[tutorial](write-a-plugin.md) shows it in use.

```sh
emotopy plugins check NAME                       # every check: ok, failed, not applicable, not checked
emotopy plugins check NAME --only 'same_*'       # only these checks, by name or pattern; repeatable
emotopy plugins check NAME --durations           # the duration of each check
emotopy plugins check NAME --set n_dims=3        # with other options
```

In a test, `emotopy.testing.conformance(role, only_owner=..., only=[...], options=..., stages=...)` returns pairs of a
candidate and a check. In a script, `emotopy.testing.check_outcome(candidate, check)` returns the outcome. Messages
state what was required and what the stage returned; they never repeat a text, key or path that the stage leaked.

## How it works

**The suite makes each stage three times.** Most checks share one instance, which is made when the first check needs it.
A second instance is made from the same options after a round trip through JSON, while the suite watches the state of
the process. A third is made in a new process, where Python's `hash` has another seed and the stage receives other input
first; there the suite also sees output of C code and files that are left behind.

Some checks make further instances, because they concern how a stage is made: with invalid options, with other options
(fingerprints), from a restored state, or with a cache directory. If a check fails on an instance that earlier checks
have used, it runs again on a new one, so that no check fails because of another.

**Other stages are replaced by test doubles.** If a factory requests another stage (`embedder: Embedder`, `atlas:
Atlas`), it receives a tiny deterministic double (`emotopy.testing.doubles`), unless `stages` provides another.

**Files are searched for private data.** The suite searches the files of a reporter and the files that a stage keeps in
`Host.cache_dir` for input texts (whole texts, a stretch of {stretch} characters or more, any word that occurs only in
texts), absolute paths, keys from the environment, the names of the user and the machine, and the time of writing.

It opens archives and encodings within each other, up to {depth} levels and {size} MB per file: zip (xlsx, docx, odt,
npz), tar, gzip, bzip2, xz, zstandard, Parquet, Arrow and Feather, zlib streams at any position (PDF, PNG), UTF-16 and
UTF-32, HTML entities, escapes of JSON and URLs, base64, hexadecimal digits. It can't search encrypted data, 7z and RAR,
data in SQLite and HDF5 that are compressed by other means than zlib, or text that is drawn as pixels or glyph numbers.
If an archive can't be opened, the check counts as "not checked".

**Times follow `SOURCE_DATE_EPOCH`.** The suite sets this variable while a reporter writes. A file may hold that time or
a fixed one, but not the present time. This includes members of archives. Writing the same result two seconds later must
give the same bytes.

## What it costs

The table gives the processor seconds of `emotopy plugins check` for a TF-IDF and LSA embedder that is fitted when it is
made. Child processes are included. Values are medians of five runs on two busy cores of x86_64
(`tests/benchmarks/conformance_cost.py`). "Before" is the suite before checks shared instances; it made the stage
sixteen times and checked less.

| fitted to | before | now | ratio |
|---|---|---|---|
| 600 sentences | 5.4 | 3.8 | 0.70 |
| 10,000 sentences | 12.2 | 5.3 | 0.44 |
| 20,000 sentences | 16.3 | 5.8 | 0.36 |
| 40,000 sentences | 23.2 | 6.5 | 0.28 |

If a stage costs nothing to make, the remaining time is spent on importing Python, emotopy and scikit-learn in two
processes. Two hash seeds require two interpreters.

## What it can't detect

- Changes to settings of the process that it doesn't know, and use of the network.
- Threads of C libraries that wait in a pool, and race conditions that occur once in a thousand runs.
- Problems with a locale that the system lacks.
- Temporary files and changed settings at the first use in a process, because libraries create and change theirs when
  they are imported. Both count from the second use.
- Child processes on systems other than Linux.

## Requirements of every role

| check | requirement |
|---|---|
{every}

## Requirements of one role

Each page explains the checks of its role:

{own}
"""


def conformance_page() -> str:
    """Return the page of the suite: the checks of every role, and the names of the further checks of each."""
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
