"""Read this first: the hooks of emotopy, one per role, one for presets, one for sections of the report.

A hook's docstring is its contract.

A plugin is a module that an entry point of the group `emotopy` names; it implements one or more of these functions,
marked with `emotopy.hookimpl`. Each returns a mapping *name → factory*. A factory is a function or a class whose
keyword parameters are the stage's options: give each a type and a default, and they appear in the configuration check,
in `emotopy plugins show NAME` and in the JSON Schema. The host fills six kinds of parameter itself: one annotated
with a role's protocol (`embedder: Embedder`: the stage named in the options, else the pathway's own), one annotated
`Host` (cache directory, progress, messages), one annotated `Windowing` (the run's windows), one annotated
`ReportSections` (the sections that plugins offer), one annotated `Places` (where the regions of results lie), and
`random_state` (the run's seed, unless the options set it).

Called once per `Registry.load()`. Import nothing heavy at module level and do nothing on import: heavy libraries
belong inside the factory, downloads inside the first call of the stage's method. An exception in a hook disables only
that plugin; `emotopy plugins` shows it with its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pluggy

from emotopy.records.report import ReportSection
from emotopy.roles import (
    Annotator,
    Atlas,
    Clusterer,
    Connectivity,
    Dataset,
    Embedder,
    Factory,
    IntensityScorer,
    NeuralDecoder,
    Reducer,
    RegionMapper,
    Reporter,
)

__all__ = [
    "HOOKS",
    "hookimpl",
    "register_annotators",
    "register_atlases",
    "register_clusterers",
    "register_connectivity",
    "register_datasets",
    "register_embedders",
    "register_intensity_scorers",
    "register_neural_decoders",
    "register_presets",
    "register_reducers",
    "register_region_mappers",
    "register_report_sections",
    "register_reporters",
]

hookspec = pluggy.HookspecMarker("emotopy")
hookimpl = pluggy.HookimplMarker("emotopy")


@hookspec
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer embedders: `embed(texts) → (n_texts, n_dims) float32`.

    Called with every distinct text once, in a canonical order, never with empty texts. The same text gives the same
    vector whatever its neighbours. Raise for a text that can't be embedded; never return NaN.

        return {"length": lambda: LengthEmbedder()}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer reducers: scikit-learn transformers, `fit_transform(X) → (n_texts, n_components)`.

    `transform(X)` where new rows can be placed. Must cope with fewer rows than components by returning fewer
    components.

        return {"pca": pca}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer clusterers: scikit-learn clusterers, `fit_predict(points) → (n_texts,) int`, −1 = no cluster.

    `predict(points)` and `membership(points)` where they can. No cluster, one cluster, and all noise are fine.

        return {"kmeans": kmeans}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer intensity scorers: `score(texts) → Intensities`, a value, emotions and coverage per text.

    Texts come in any order and are scored one by one: a text's score doesn't depend on the others. A text in which
    nothing is found has coverage 0, not NaN.

        return {"exclamations": ExclamationScorer}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer region mappers: `fit(inputs)`, then `assign(inputs) → (n_texts, n_regions)`, rows sum to one.

    `inputs` is `emotopy.roles.MappingInputs`; columns are `inputs.targets`. A mapper with a standardised profile and
    evidence keeps `emotopy.roles.ProfileMapper` too; for others the host standardises the assignment over the corpus.

        return {"uniform": UniformMapper}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer atlases: `regions`, `nodes`, and `extract(image) → (n_volumes, n_regions)`.

    Factories are cheap: no download before the first `extract`. Region names are lower case with underscores and
    unique, as are node names; every node names its region. Coordinates are MNI millimetres.

        return {"affect18": Affect18}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer annotators: `annotate(segments, emotions) → (n_segments, n_emotions)`.

    Segments come in the order of the story. Values lie between 0 and 1.

        return {"flat": FlatAnnotator}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer connectivity measures: `features(series, tr_s) → (n_windows, n_edges)`.

    `series` is (n_volumes, n_regions) of one run; a censored volume is a row of NaN. Every row of the answer is a
    window, of the run's `Windowing` where the factory has a parameter of that type. A measure that wants its signal
    cleaned in a way of its own keeps `emotopy.roles.CleansSignal` too, and is then given what its `clean` returned.

        return {"static": StaticConnectivity}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer neural decoders: scikit-learn regressors, `fit(X, Y)`, `predict(X)`, several targets at once.

    X is (n_windows, n_edges), Y is (n_windows, n_emotions).

        return {"ridge": ridge}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer reporters: `write(result, directory) → paths`.

    `directory` exists and is the reporter's to write into; names of files are its own. Escape every text that goes
    into HTML, write no absolute path and no time of day, and leave input texts out where `result.no_texts` says so.

        return {"tables": TablesReporter}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer named data sets: `load(source) → table or records`, `card`, `example(folder)`.

    No stage of a pathway: `emotopy data NAME`, experiments and `emotopy.load_dataset` use them. The factory has the
    attribute `card`, an `emotopy.records.DatasetCard`: name, licence, columns, confidential or not; a factory without
    one is refused. Read nothing before `load`, and fetch nothing there. What is confidential stays so: the host marks
    the table of a data set whose card says it.

        return {"diary": DiaryDataset}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_presets() -> Mapping[str, Mapping[str, Any] | Path]:
    """Offer presets: whole configurations by name, for `--preset NAME`.

    A preset is a mapping of a configuration's keys to values, as a file has them, or the path of a TOML file in your
    package, `Path(__file__).with_name("lab.toml")`. Its key `preset` names another one that it lies over; without it
    nothing does, and it names every stage itself. Its key `warning` is told in every run. It may name stages of other
    plugins: whether they are installed is checked where it is used.

        return {"lab": {"preset": "recommended", "embedder": "my-embedder"}}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_report_sections() -> Iterable[ReportSection]:
    """Offer sections of the report: `ReportSection(name, render)`, where `render(result, limits) → Fragment`.

    Sections stand in their `order`; one that `replaces` another, `owner:name`, stands in its place. A section returns
    None for a result that it has nothing to say of. A section that fails is named on the page; the others stay. Escape
    whatever isn't yours: `markupsafe.Markup("<p>{}</p>").format(name)`.

        return [ReportSection("lengths", render_lengths, order=150, kinds={"texts"})]
    """
    raise AssertionError("a hook specification is never called")


PRESETS = "register_presets"
REPORT_SECTIONS = "register_report_sections"
WITHOUT_ROLE: tuple[str, ...] = (PRESETS, REPORT_SECTIONS)
"""The hooks that are of no role."""

HOOKS: dict[str, str] = {
    "embedder": "register_embedders",
    "reducer": "register_reducers",
    "clusterer": "register_clusterers",
    "intensity_scorer": "register_intensity_scorers",
    "region_mapper": "register_region_mappers",
    "atlas": "register_atlases",
    "annotator": "register_annotators",
    "connectivity": "register_connectivity",
    "neural_decoder": "register_neural_decoders",
    "reporter": "register_reporters",
    "dataset": "register_datasets",
}
"""Role → hook."""
