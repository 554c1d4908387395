"""What a saved text pathway holds, and how it is read: its stages with what they learnt, no texts.

docs/save-and-load.md describes it. `FittedTextPathway.save` and `emotopy.load` come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.config import Config, build
from emotopy.config.serialise import without_secrets
from emotopy.errors import ConfigError, ContainerError, DuplicateName, EmotopyError, UnknownName, listed
from emotopy.pathways.text.fit import EmbeddedTexts, Fit, embedded_vectors, score_arrays
from emotopy.pathways.text.map_axes import N_AXES, MapAxes
from emotopy.records import Corpus, FloatArray, Intensities, Mapped, Node, RegionAxis, RegionMapping
from emotopy.registry import Registry
from emotopy.roles import FitsTexts, Host, Priced, Saves
from emotopy.running.checks import with_dependencies
from emotopy.running.saved_stages import (
    GivenOptions,
    check_can_be_saved,
    check_no_paths,
    entry_of,
    learns,
    refused,
    restored,
    state_of,
)
from emotopy.running.secrecy import Secrecy
from emotopy.running.stages import Stage, StageRunner
from emotopy.running.uploads import destinations
from emotopy.storage.cache import StageCache
from emotopy.storage.container import Container, write_container
from emotopy.storage.container_specs import ARRAYS, CONTAINER, Array, ArraySpec, Kind, Older, State
from emotopy.storage.provenance import versions
from emotopy.storage.results import Say
from emotopy.storage.state_fields import Fields

ROLES_SAVED = ("atlas", "embedder", "intensity_scorer", "reducer", "clusterer", "region_mapper")
"""In the order in which they are made."""
SETTINGS = ("fit", "level", "segment", "unit_weights", "language", "fit_texts", "seed", "interval")
"""Keys of the configuration that mapping new texts depends on, beside the stages."""
EXAMPLE = ("He is afraid of the dark house.", "I was so happy when they came!", "Nothing happened at the office.")
"""Made-up texts; what the stages give for them is saved, and compared when the model is loaded."""
SAME = 1e-6
"""Numbers of the example may differ by so much, times the largest of them where that is above 1."""
SAME_MM = 1e-3

_SCHEMA_1 = {
    "assignment_mean": ArraySpec("<f8", ("targets",)),
    "assignment_sd": ArraySpec("<f8", ("targets",)),
    "example_vectors": ArraySpec("<f8", ("examples", "dims")),
    "example_points": ArraySpec("<f8", ("examples", "components")),
    "example_labels": ArraySpec("<i8", ("examples",)),
    "example_assignment": ArraySpec("<f8", ("examples", "targets")),
    "example_profile": ArraySpec("<f8", ("examples", "targets")),
    "example_intensity": ArraySpec("<f8", ("scored",)),
}
_OF_MAP = {
    "map_mean": ArraySpec("<f8", ("components",)),
    "map_loadings": ArraySpec("<f8", ("map axes", "components")),
}


def _without_map(state: State, arrays: dict[str, Array]) -> tuple[State, dict[str, Array]]:
    """Bring schema 1, which had no map of texts, to schema 2."""
    return state, arrays | _map_arrays(None, arrays["example_points"].shape[1])


TEXT_PATHWAY = Kind(
    "text-pathway",
    schema=2,
    arrays={**_SCHEMA_1, **_OF_MAP},
    older={1: Older(_SCHEMA_1, _without_map, ROLES_SAVED)},
    parts=ROLES_SAVED,
)


@attrs.frozen(eq=False)
class SavedFit:
    """What is saved of a fitted pathway, and what it is again after it was read.

    Attributes
    ----------
    config
        The configuration; its stages are those that were made.
    fit
        The fitted stages.
    embedder, scorer
        The stages that new texts go to first.
    axis
        The region axis.
    provenance
        Of the fit.
    reporters
        Who writes results, as names or tables with `use`.
    notes
        What a reader of any result has to know.
    no_texts, keep_segments
        As for the fit.
    """

    config: Config
    fit: Fit
    embedder: Stage
    scorer: Stage
    axis: RegionAxis
    provenance: Mapping[str, Any]
    reporters: tuple[Any, ...]
    notes: tuple[str, ...]
    no_texts: bool
    keep_segments: bool

    @property
    def stages(self) -> dict[str, Stage]:
        """The stages by role."""
        first = {"atlas": self.fit.atlas, "embedder": self.embedder, "intensity_scorer": self.scorer}
        return {**first, **self.fit.stages}

    def mapped(self) -> Mapped:
        """Return the record of mapped texts that new ones are put into, without a text."""
        config, targets = self.config, self.targets
        empty = np.empty((0, len(targets)))
        return Mapped(
            corpus=Corpus((), (), (), (), ()),
            scored=np.empty(0, dtype=np.int64),
            text_rank=np.empty(0, dtype=np.int64),
            n_words=np.empty(0, dtype=np.int64),
            mapping=RegionMapping(targets, empty, empty, empty, "", np.full(len(targets), np.nan)),
            intensities=Intensities((), np.empty(0), np.empty((0, 0)), np.empty(0)),
            clusters=None,
            axis=self.axis,
            level=config.level,
            unit_weights=config.unit_weights,
            n_resamples=config.interval.n,
            confidence_level=config.interval.coverage,
            seed=config.seed,
            provenance=self.provenance,
            source={},
            reporters=self.reporters,
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the regions or nodes that texts are mapped onto."""
        if self.config.level == "node":
            return tuple(node.name for node in self.axis.nodes)
        return tuple(self.axis.regions)


# Saving -------------------------------------------------------------------------------------------------------------


def save(
    directory: Path, saved: SavedFit, registry: Registry, texts: Sequence[str], *, force: bool = False, notify: Say
) -> Path:
    """Write a fitted pathway to a folder; `texts` must not stand in it where the fit keeps them out.

    Raises as `FittedTextPathway.save`.
    """
    check_can_be_saved(list(saved.stages.values()), registry)
    _check_holds_no_words(saved)
    stages: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    for role in ROLES_SAVED:
        stage = saved.stages[role]
        entry = entry_of(stage, registry)
        if keeps_state(stage):
            own, entry["state"] = state_of(stage, texts if saved.no_texts and not stage.is_own else ())
            arrays |= {f"{role}.{name}": array for name, array in own.items()}
        stages[role] = entry
    config = saved.config.to_dict(portable=True)
    state = {
        "config": {key: config[key] for key in SETTINGS},
        "preset": saved.config.preset,
        "stages": stages,
        "reporter": _reporter_entries(saved.config, registry, notify),
        "regions": list(saved.axis.regions),
        "atlas": saved.axis.atlas,
        "nodes": [attrs.asdict(node) for node in saved.axis.nodes],
        "n_members": saved.fit.n_members,
        "notes": list(saved.notes),
        "no_texts": saved.no_texts,
        "keep_segments": saved.keep_segments,
    }
    mean, deviation = saved.fit.host_standard
    arrays |= {"assignment_mean": mean, "assignment_sd": deviation}
    example = example_of(saved, None)
    arrays |= example | _map_arrays(saved.fit.map_axes, example["example_points"].shape[1])
    provenance = {key: value for key, value in saved.provenance.items() if key != "over_time"}
    provenance = without_secrets({**provenance, "notes": list(saved.notes)})
    return write_container(
        directory, TEXT_PATHWAY, state, arrays, provenance=provenance, force=force, private=saved.no_texts,
        notify=notify,
    )  # fmt: skip


def _check_holds_no_words(saved: SavedFit) -> None:
    """Raise ConfigError where an embedder has learnt words of texts that stay out of all that is written."""
    if saved.no_texts and isinstance(saved.embedder.object, FitsTexts):
        raise ConfigError(
            f"embedder: {saved.embedder.full_name} was fitted to texts that must not be written "
            "(no_texts) and contains their words, including names, so it can't be saved; use an "
            "embedder that needs no fit, such as static",
            path="embedder",
            wanted="an embedder that needs no fit",
            got=saved.embedder.full_name,
        )


def keeps_state(stage: Stage) -> bool:
    """Whether a model holds what a stage has learnt."""
    return learns(stage) or isinstance(stage.object, Saves)


def asks_elsewhere(stage: Stage) -> bool:
    """Whether a stage, or one that it was given, sends texts to a server: an example must not cost or tell anything."""
    return any(
        isinstance(one.object, Priced) or destinations({str(one): one.object}) for one in with_dependencies(stage)
    )


def _reporter_entries(config: Config, registry: Registry, notify: Say) -> list[dict[str, Any]]:
    entries = []
    for choice in config.reporters:
        if choice.is_object:
            notify(
                f"The reporter {type(choice.use).__name__} was given as an object and can't be saved; "
                "results of the saved model are written without it."
            )
            continue
        offer = registry.offer("reporter", choice.use)
        stage = Stage("reporter", offer.name, offer.owner, offer.version, choice.options, None)
        entries.append({**entry_of(stage, registry), "fingerprint": None})
    return entries


# The example --------------------------------------------------------------------------------------------------------


def example_of(saved: SavedFit, vectors: FloatArray | None) -> dict[str, Array]:
    """Return what the stages give for the example, by the names of a container's arrays.

    Stages that send texts elsewhere aren't asked: the others are given made-up vectors, and there is no intensity.

    Parameters
    ----------
    saved
        The pathway.
    vectors : (n_examples, n_dims)
        The vectors in place of an embedder that isn't asked; made up where None.
    """
    fit = saved.fit
    if not asks_elsewhere(saved.embedder):
        vectors = embedded_vectors(saved.embedder, EXAMPLE)
    elif vectors is None:
        vectors = made_up_vectors(len(EXAMPLE), fit.n_dims)
    vectors = np.asarray(vectors, dtype=np.float32)
    texts = EmbeddedTexts(EXAMPLE, vectors, np.arange(len(EXAMPLE)))
    inputs = fit.embed_new(texts, texts)
    mapping = fit.map_inputs(inputs)
    assert inputs.points is not None
    assert inputs.clusters is not None
    is_scored = not asks_elsewhere(saved.scorer)
    return {
        "example_vectors": vectors,
        "example_points": inputs.points,
        "example_labels": inputs.clusters.labels,
        "example_assignment": mapping.assignment,
        "example_profile": mapping.profile,
        "example_intensity": score_arrays(saved.scorer, EXAMPLE)["values"] if is_scored else np.empty(0),
    }


MADE_BY = {
    "example_vectors": "embedder",
    "example_points": "reducer",
    "example_labels": "clusterer",
    "example_assignment": "region_mapper",
    "example_profile": "region_mapper",
    "example_intensity": "intensity_scorer",
}
"""Which role's stage gave an array of the example, in the order of the work."""


def check_example(saved: SavedFit, arrays: Mapping[str, Array]) -> None:
    """Check that the stages give for the example what they gave when the model was saved.

    Raises ContainerError that names the first stage that gives something else.
    """
    try:
        found = example_of(saved, arrays["example_vectors"])
    except EmotopyError as error:
        raise ContainerError.inside(
            CONTAINER,
            member="state.stages",
            wanted="stages that map the example",
            got=f"{type(error).__name__}: {error}",
            advice="install the versions with which it was fitted, or fit and save the model again",
        ) from error
    for name, role in MADE_BY.items():
        stage, wanted, got = saved.stages[role], arrays[name], np.asarray(found[name])
        if got.shape != wanted.shape:
            raise refused(role, f"{name} of shape {wanted.shape}", f"{got.shape} from {stage} {stage.version}")
        most = SAME * max(1.0, float(np.abs(wanted).max(initial=0)))
        if (difference := float(np.abs(got - wanted).max(initial=0))) > (0 if name == "example_labels" else most):
            got_ = f"others from {stage} {stage.version}, by up to {difference:.2g}"
            raise refused(role, f"the {name} that it had when it was saved", got_)


def made_up_vectors(n_texts: int, n_dims: int) -> FloatArray:
    """Return vectors of length 1 without order, the same everywhere, (n_texts, n_dims) float32.

    >>> made_up_vectors(2, 3).astype(float).round(3).tolist()
    [[-0.728, -0.354, -0.587], [0.048, 0.061, -0.997]]
    """
    i = np.arange(n_texts * n_dims, dtype=np.int64).reshape(n_texts, n_dims)
    values = ((i * i * 7919 + i * 104_729) % 10_007 / 10_007) * 2 - 1
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), dtype=np.float32)


# Loading ------------------------------------------------------------------------------------------------------------


def load(
    container: Container,
    registry: Registry,
    host: Host,
    *,
    options: Mapping[str, Any] | None = None,
    allow_upload: bool = False,
) -> tuple[SavedFit, StageRunner]:
    """Return what a container holds, and the runner of its stages; raises as `emotopy.load`."""
    fields = Fields(container.state)
    given = GivenOptions(dict(options or {}))
    config = _config_of(fields, registry, host, given)
    given.check_all_used()
    no_texts = fields.flag("no_texts")
    secrecy = Secrecy() if no_texts else None
    runner = StageRunner(config, registry, StageCache(None), versions(), host, secrecy=secrecy)
    stages, entries = {}, fields.table("stages")
    for role in ROLES_SAVED:
        prefix = f"{role}."
        own = {name.removeprefix(prefix): one for name, one in container.arrays.items() if name.startswith(prefix)}
        stages[role] = restored(runner, role, entries.table(role), own)
        _check_stays_here(stages[role], allow_upload=allow_upload)
    axis = _axis_of(fields)
    saved = SavedFit(
        config=config,
        fit=_fit_of(fields, config, stages, container.arrays),
        embedder=stages["embedder"],
        scorer=stages["intensity_scorer"],
        axis=axis,
        provenance=container.provenance,
        reporters=tuple(choice.to_dict() for choice in config.reporters),
        notes=_texts_of(fields, "notes"),
        no_texts=no_texts,
        keep_segments=fields.flag("keep_segments"),
    )
    if len(container.arrays["assignment_mean"]) != len(saved.targets):
        fields.refuse("regions", f"{len(container.arrays['assignment_mean'])}, as assignment_mean", "another number")
    _check_atlas(axis, stages["atlas"])
    _check_provenance(container)
    check_example(saved, container.arrays)
    if saved.fit.map_axes is None:
        host.notify(
            "This model was saved by a version without a text map, so the columns map_x and map_y are "
            "empty; fit and save the model again to fill them."
        )
    if _tell_versions(container, entries, stages, host):
        saved = attrs.evolve(saved, provenance={**container.provenance, "loaded_with": versions()})
    runner.notes[:] = list(dict.fromkeys([*saved.notes, *runner.notes]))
    return saved, runner


def _config_of(fields: Fields, registry: Registry, host: Host, given: GivenOptions) -> Config:
    """Return the configuration, its stages with what was given again."""
    settings, entries = fields.table("config"), fields.table("stages")
    for name, values, wanted in (("config", settings.values, SETTINGS), ("stages", entries.values, ROLES_SAVED)):
        if set(values) != set(wanted):
            fields.refuse(name, f"the keys {listed(wanted)}", listed(map(ascii, values))[:200])
    layer: dict[str, Any] = dict(settings.values)
    filled = {}
    for role in ROLES_SAVED:
        entry = entries.table(role)
        filled[role] = given.filled(role, entry.table("options").values)
        layer[role] = {**filled[role], "use": entry.text("use")}
    reporters = []
    for entry in fields.rows("reporter"):
        name, values = entry.text("use"), entry.table("options").values
        try:
            registry.offer("reporter", name)
        except (UnknownName, DuplicateName):
            host.notify(f"The reporter {name:.80} isn't installed; results of this model are written without it.")
            continue
        reporters.append({**given.filled("reporter", values), "use": name})
    config = build({**layer, "reporter": reporters}, preset="recommended").check(registry, (*ROLES_SAVED, "reporter"))
    for role in ROLES_SAVED:
        check_no_paths(role, given, config.stages[role].options)
    for choice in config.reporters:
        check_no_paths("reporter", given, choice.options)
    kept = {role: config.stages[role] for role in ROLES_SAVED}
    return attrs.evolve(config, stages=kept, preset=fields.text("preset"))


def _fit_of(fields: Fields, config: Config, stages: Mapping[str, Stage], arrays: Mapping[str, Array]) -> Fit:
    return Fit(
        members=np.empty(0, dtype=np.int64),
        reducer=stages["reducer"],
        clusterer=stages["clusterer"],
        mapper=stages["region_mapper"],
        atlas=stages["atlas"],
        embedder=stages["embedder"],
        level=config.level,
        segment=config.segment,
        host_standard=(arrays["assignment_mean"], arrays["assignment_sd"]),
        is_fitted=True,
        n_dims=arrays["example_vectors"].shape[1],
        n_members=fields.whole("n_members", least=1),
        map_axes=_map_axes_of(arrays),
    )


def _map_arrays(found: MapAxes | None, n_components: int) -> dict[str, Array]:
    """Return the arrays of the axes of the map of texts: two axes of length 0 where there is none."""
    if found is None:
        return {"map_mean": np.zeros(n_components), "map_loadings": np.zeros((N_AXES, n_components))}
    return {"map_mean": found.mean, "map_loadings": found.loadings}


def _map_axes_of(arrays: Mapping[str, Array]) -> MapAxes | None:
    """Return the axes of the map of texts that `_map_arrays` gave."""
    mean, loadings = arrays["map_mean"], arrays["map_loadings"]
    if len(loadings) == N_AXES and not loadings.any():
        return None
    is_long = len(loadings) > N_AXES or np.abs(loadings).max(initial=0) > 1 + SAME
    if is_long or not np.allclose(loadings @ loadings.T, np.eye(len(loadings)), atol=SAME):
        raise ContainerError.inside(
            ARRAYS,
            member="map_loadings",
            wanted=f"up to {N_AXES} axes of length 1 at right angles",
            got="others",
        )
    return MapAxes(mean, loadings)


def _axis_of(fields: Fields) -> RegionAxis:
    coordinates = ("x_mm", "y_mm", "z_mm", "radius_mm")
    nodes = [
        Node(row.text("name"), row.text("region"), *(row.number(name, above=-1e6, most=1e6) for name in coordinates))
        for row in fields.rows("nodes")
    ]
    return RegionAxis(fields.text("atlas"), fields.names("regions"), tuple(nodes))


def _texts_of(fields: Fields, key: str) -> tuple[str, ...]:
    found = fields.values.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        fields.refuse(key, "a list of texts", type(found).__name__)
    return tuple(found)


def _check_provenance(container: Container) -> None:
    """What results of new texts take over: what the model was fitted on."""
    if not isinstance(container.provenance.get("input"), dict):
        raise ContainerError.inside(
            "provenance.json", member="input", wanted="what the model was fitted on", got="none"
        )


def _check_atlas(wanted: RegionAxis, stage: Stage) -> None:
    """Check that the installed atlas has the places that the model was fitted with."""
    regions, nodes = tuple(stage.object.regions), tuple(stage.object.nodes)
    same = wanted.regions == regions and len(wanted.nodes) == len(nodes)
    for one, other in zip(wanted.nodes, nodes, strict=False):
        here, there = (np.array([*node.xyz_mm, node.radius_mm]) for node in (one, other))
        same &= (one.name, one.region) == (other.name, other.region) and bool(np.abs(here - there).max() <= SAME_MM)
    if not same:
        raise refused("atlas", f"the {len(wanted.nodes)} nodes that it was fitted with", f"others from {stage}")


def _check_stays_here(stage: Stage, *, allow_upload: bool) -> None:
    """Check that no stage would send texts, and a key, to a server that a model alone names."""
    if allow_upload:
        return
    for name, address in destinations({str(one): one.object for one in with_dependencies(stage)}).items():
        raise ConfigError(
            f"{stage.role}: {name} of this model sends texts, and the API key from the environment "
            f"variable that the model names, to {address}; if you trust the model and the server, use "
            "emotopy.load(..., allow_upload=True)",
            path=stage.role,
            wanted="allow_upload=True, or stages that run on this machine",
            got=address,
        )


def _tell_versions(container: Container, entries: Fields, stages: Mapping[str, Stage], host: Host) -> bool:
    """Tell in one message which versions differ from those that the model was saved with; return whether any does."""
    here = versions()
    pairs = [(name, there, here.get(name, "absent")) for name, there in container.versions.items()]
    pairs += [
        (str(stage), entries.table(role).text("version"), stage.version)
        for role, stage in stages.items()
        if not stage.is_own
    ]
    told = [f"{name:.60} {there:.40} (here {now})" for name, there, now in dict.fromkeys(pairs) if there != now]
    if told:
        host.notify(
            f"This model was saved with {', '.join(told)}; its test example gives the same numbers with the "
            "installed versions."
        )
    return bool(told)
