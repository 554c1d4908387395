"""The hooks of emotopy: one per role, one for presets, and one for sections of the report.

A hook's docstring is its contract.

Plugin authors should read this module first. A plugin is a module that an entry point of the group `emotopy` names. It
implements one or more of these functions, marked with `emotopy.hookimpl`. Each function returns a mapping *name →
factory*. A factory is a function or a class whose keyword parameters are the stage's options: give each a type and a
default, and they appear in the configuration check, in `emotopy plugins show NAME` and in the JSON Schema. The host
fills six kinds of parameter itself: a parameter annotated with the protocol of a role (`embedder: Embedder`) gets the
stage named in the options, or else the stage of the pathway; one annotated `Host` gets the cache directory, progress
and messages; one annotated `Windowing` gets the windows of the run; one annotated `ReportSections` gets the sections
that plugins offer; one annotated `Places` gets the positions of the regions; and `random_state` gets the seed of the
run, unless the options set it.

Hooks are called once per `Registry.load()`. Import nothing heavy at module level and do nothing on import: import heavy
libraries inside the factory, and download files only when a method of the stage is first called. An exception in a hook
disables only that plugin; `emotopy --debug plugins` shows its traceback.
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

    `embed` is called with every distinct text once, in a canonical order, and never with empty texts. A text has the
    same vector whatever the other texts are. Raise an error for a text that can't be embedded; never return NaN.

        return {"length": lambda: LengthEmbedder()}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer reducers: scikit-learn transformers, `fit_transform(X) → (n_texts, n_components)`.

    Add `transform(X)` if the reducer can place new rows. With fewer rows than components, return fewer components.

        return {"pca": pca}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_clusterers() -> Mapping[str, Factory[Clusterer]]:
    """Offer clusterers: scikit-learn clusterers, `fit_predict(points) → (n_texts,) int`, −1 = no cluster.

    Add `predict(points)` and `membership(points)` if the clusterer supports them. No cluster, one cluster, and only
    noise are valid results.

        return {"kmeans": kmeans}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer intensity scorers: `score(texts) → Intensities`, with a value, emotions and coverage per text.

    Texts come in any order, and the score of a text must not depend on the other texts. A text without any known word
    has coverage 0, not NaN.

        return {"exclamations": ExclamationScorer}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer region mappers: `fit(inputs)`, then `assign(inputs) → (n_texts, n_regions)`, rows sum to one.

    `inputs` is `emotopy.roles.MappingInputs`; columns are `inputs.targets`. A mapper with a standardised profile and
    evidence also implements `emotopy.roles.ProfileMapper`; for other mappers the host standardises the assignment over
    the corpus.

        return {"uniform": UniformMapper}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer atlases: `regions`, `nodes`, and `extract(image) → (n_volumes, n_regions)`.

    Factories must be cheap: download nothing before the first `extract`. Names of regions and nodes are unique and in
    lower case with underscores; every node names its region. Coordinates are MNI coordinates in millimetres.

        return {"affect18": Affect18}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer annotators: `annotate(segments, emotions) → (n_segments, n_emotions)`.

    Segments come in the order of the story. Values must lie between 0 and 1.

        return {"flat": FlatAnnotator}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer connectivity measures: `features(series, tr_s) → (n_windows, n_edges)`.

    `series` has the shape (n_volumes, n_regions) for one run; a censored volume is a row of NaN. Every row of the
    returned array is a window, given by the run's `Windowing` if the factory has a parameter of that type. A measure
    that needs its own signal cleaning also implements `emotopy.roles.CleansSignal` and then receives the output of its
    `clean`.

        return {"static": StaticConnectivity}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    """Offer neural decoders: scikit-learn regressors with `fit(X, Y)` and `predict(X)` for several targets at once.

    X has the shape (n_windows, n_edges), Y the shape (n_windows, n_emotions).

        return {"ridge": ridge}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer reporters: `write(result, directory) → paths`.

    `directory` exists, and the reporter may write files of any name to it. Escape every text that goes into HTML, write
    no absolute path and no time of day, and leave out input texts if `result.no_texts` is true.

        return {"tables": TablesReporter}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer named data sets: `load(source) → table or records`, `card`, `example(folder)`.

    Data sets aren't stages of a pathway: `emotopy data NAME`, experiments and `emotopy.load_dataset` use them. The
    factory needs the attribute `card`, an `emotopy.records.DatasetCard` with name, licence, columns and
    confidentiality; a factory without a card is rejected with an error. Read nothing before `load`, and download
    nothing in `load`. The host marks the table as confidential if the card is.

        return {"diary": DiaryDataset}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_presets() -> Mapping[str, Mapping[str, Any] | Path]:
    """Offer presets: whole configurations by name, for `--preset NAME`.

    A preset is a mapping with the keys of a configuration file, or the path of a TOML file in your package,
    `Path(__file__).with_name("lab.toml")`. Its key `preset` names the preset that it extends; without this key it must
    name every stage itself. Its key `warning` is shown in every run. It may name stages of other plugins; whether they
    are installed is checked when the preset is used.

        return {"lab": {"preset": "recommended", "embedder": "my-embedder"}}
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def register_report_sections() -> Iterable[ReportSection]:
    """Offer sections of the report: `ReportSection(name, render)`, where `render(result, limits) → Fragment`.

    Sections are sorted by `order`. A section that `replaces` another one, `owner:name`, takes its position. A section
    returns None for a result to which it doesn't apply. If a section fails, the page names it and keeps the others.
    Escape all text that you didn't write: `markupsafe.Markup("<p>{}</p>").format(name)`.

        return [ReportSection("lengths", render_lengths, order=150, kinds={"texts"})]
    """
    raise AssertionError("a hook specification is never called")


PRESETS = "register_presets"
REPORT_SECTIONS = "register_report_sections"
WITHOUT_ROLE: tuple[str, ...] = (PRESETS, REPORT_SECTIONS)
"""The hooks that don't belong to a role."""

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
