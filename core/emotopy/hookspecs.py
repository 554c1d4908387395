"""The hooks of emotopy: one per role, one for presets, one for sections of the report. Plugin authors start here.

A plugin is a module that an entry point of the group `emotopy` names. It implements one or more of these functions,
marked with `emotopy.hookimpl`; the docstring of each hook is its contract. The hook of a role returns a mapping
*name → factory*. A factory is a function or a class that makes a stage. Its keyword parameters are the options of the
stage: with a type and a default, they are validated and appear in `emotopy plugins show NAME` and in the JSON Schema.

The host fills six kinds of parameter itself: one annotated with a role's protocol (`embedder: Embedder`, the stage
named in the options, else that of the pathway), one annotated `Host` (cache directory, progress, messages), one
annotated `Windowing` (the windows of the run), one annotated `ReportSections` (the sections that plugins offer), one
annotated `Places` (the positions of a result's regions), and `random_state` (the seed of the run, unless the options
set it).

`Registry.load()` calls each hook once. Do nothing when the module is imported: import heavy libraries inside the
factory, and download files in the first call of the stage's method. An exception in a hook disables only that plugin;
`emotopy plugins` shows the reason.
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

    The host passes every distinct text once, in sorted order, and never an empty text. The same text must give the
    same vector whatever the other texts are. Raise an error for a text that can't be embedded; never return NaN.

        return {"length": lambda: LengthEmbedder()}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer reducers: scikit-learn transformers, `fit_transform(X) → (n_texts, n_components)`.

    A reducer that can project new rows also has `transform(X)`. With fewer rows than components it must return fewer
    components.

        return {"pca": pca}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer clusterers: scikit-learn clusterers, `fit_predict(points) → (n_texts,) int`, where −1 means no cluster.

    A clusterer may also have `predict(points)` and `membership(points)`. It may find no cluster, or one, and may
    label every text as noise.

        return {"kmeans": kmeans}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer intensity scorers: `score(texts) → Intensities`, with a value, emotions and coverage for each text.

    Texts come in any order, and the score of a text must not depend on the other texts. A text without any known word
    has coverage 0, not NaN.

        return {"exclamations": ExclamationScorer}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer region mappers: `fit(inputs)`, then `assign(inputs) → (n_texts, n_regions)`, whose rows sum to one.

    `inputs` is an `emotopy.roles.MappingInputs`, and the columns are `inputs.targets`. A mapper that computes its own
    standardised profile and evidence also implements `emotopy.roles.ProfileMapper`. For other mappers the host
    standardises the assignment over the corpus.

        return {"uniform": UniformMapper}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer atlases: `regions`, `nodes`, and `extract(image) → (n_volumes, n_regions)`.

    Making an atlas must be fast, so download nothing before the first `extract`. Names of regions and of nodes are
    unique, in lower case with underscores, and every node names its region. Coordinates are in MNI millimetres.

        return {"affect18": Affect18}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer annotators: `annotate(segments, emotions) → (n_segments, n_emotions)`.

    The host passes the segments in the order of the story. Values lie between 0 and 1.

        return {"flat": FlatAnnotator}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer connectivity measures: `features(series, tr_s) → (n_windows, n_edges)`.

    `series` is (n_volumes, n_regions) of one run; a censored volume is a row of NaN. Each returned row is a window. If
    the factory has a parameter of type `Windowing`, the windows must be those of the run. A measure that needs its own
    cleaning of the signal also implements `emotopy.roles.CleansSignal`, and receives what its `clean` returns.

        return {"static": StaticConnectivity}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer neural decoders: scikit-learn regressors for several targets, `fit(X, Y)` and `predict(X)`.

    X has shape (n_windows, n_edges), Y has shape (n_windows, n_emotions).

        return {"ridge": ridge}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer reporters: `write(result, directory) → paths`.

    `directory` exists, and the reporter chooses the names of its files. Escape every text in HTML, write no absolute
    path and no time of day, and leave out input texts if `result.no_texts` is true.

        return {"tables": TablesReporter}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer named data sets: `load(source) → table or records`, `card`, `example(folder)`.

    A data set is not a stage of a pathway; `emotopy data NAME`, experiments and `emotopy.load_dataset` use it. The
    factory must have an attribute `card`, an `emotopy.records.DatasetCard` with the name, licence and columns, and
    whether the data are confidential. Read no file before `load`, and download nothing in it. The host marks the table
    as confidential if the card says that it is.

        return {"diary": DiaryDataset}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_presets() -> Mapping[str, Mapping[str, Any] | Path]:
    """Offer presets: whole configurations by name, for `--preset NAME`.

    A preset is a mapping with the keys of a configuration file, or the path of a TOML file in your package, such as
    `Path(__file__).with_name("lab.toml")`. Its key `preset` names another preset that it extends; without that key it
    must name every stage. Every run prints the text of its key `warning`. A preset may name stages of other plugins;
    emotopy checks that they are installed when the preset is used.

        return {"lab": {"preset": "recommended", "embedder": "my-embedder"}}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_report_sections() -> Iterable[ReportSection]:
    """Offer sections of the report: `ReportSection(name, render)`, where `render(result, limits) → Fragment`.

    The page sorts sections by their `order`. A section that `replaces` another (`owner:name`) is shown instead of it,
    at its own `order`. A section returns None for a result that it doesn't apply to. If a section raises an error, the
    page names it and shows the others. Escape all values: `markupsafe.Markup("<p>{}</p>").format(name)`.

        return [ReportSection("lengths", render_lengths, order=150, kinds={"texts"})]
    """
    raise AssertionError("a hook specification is never called")


PRESETS = "register_presets"
REPORT_SECTIONS = "register_report_sections"
WITHOUT_ROLE: tuple[str, ...] = (PRESETS, REPORT_SECTIONS)
"""The hooks that belong to no role."""

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
