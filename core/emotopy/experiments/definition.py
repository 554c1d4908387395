"""What an experiment is: read from TOML, checked key by key before any work."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from emotopy.config.layers import normalise
from emotopy.config.serialise import to_plain
from emotopy.errors import ConfigError, UnknownName, listed, nearest
from emotopy.inference.splits import Kind as SplitKind
from emotopy.records.dataset_info import HUMAN
from emotopy.registry.options import convert

Kind = Literal["depression", "emotions", "human-vs-llm", "decoding"]
KINDS: tuple[Kind, ...] = typing.get_args(Kind)
PRESETS = ("recommended", "vos2025")
LAYERS = ("both", *PRESETS, "zhang2026")
SHARED = ("atlas", "embedder", "interval", "reporter", "seed")
"""What `--set` changes in both presets; everything else it changes in `recommended` alone."""


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@attrs.frozen
class Data:
    """Which data set is read, and how.

    `dataset` names those that plugins offer (`emotopy data` lists them); of several, the one that recognises what is
    given as its own. `options` are options of it by name. The other fields are those of the data sets that ship, which
    may be said without `options`; one that is None isn't said, so that the data set's default holds.
    """

    dataset: str | tuple[str, ...] = attrs.field(default=(), converter=_names)
    options: Mapping[str, Any] = attrs.field(factory=dict)
    unit_text: str | None = None
    split: str | None = None
    human: str | None = None
    models: tuple[str, ...] = ()
    question: str | None = None
    topic: str | None = None
    answerer: str | None = None
    text: str | None = None

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names in `dataset`."""
        return _names(self.dataset)

    def said(self) -> dict[str, Any]:
        """Return the options of the data set that are said in fields of their own."""
        fields = attrs.asdict(self, recurse=False)
        return {
            key: value for key, value in fields.items() if key not in ("dataset", "options") and value not in (None, ())
        }


USUAL: Mapping[Kind, Mapping[str, Any]] = {
    "depression": {"dataset": ("daic-woz", "e-daic"), "unit_text": "chunk"},
    "emotions": {"dataset": ("goemotions",), "split": "train"},
    "human-vs-llm": {"dataset": ("paired-answers",), "human": HUMAN, "text": "text"},
}
"""What an experiment that names no data set reads."""


@attrs.frozen
class Columns:
    """Which columns of the table hold what."""

    text: str = "text"
    group: str = "group"
    unit: str | None = None
    id: str | None = None
    keep: tuple[str, ...] = ()


@attrs.frozen
class Pairs:
    """Which groups are compared, and what is held constant.

    `hold` and `max_length_ratio` are of human-vs-llm: answers to one question are pairs, or length is held constant
    without pairs; pairs whose numbers of words differ by more than the ratio can be left out.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    covariates: tuple[str, ...] = ()
    hold: Literal["question", "length", "nothing"] = "question"
    max_length_ratio: float | None = None
    n_permutations: int = 10_000


@attrs.frozen
class Splits:
    """How often groups are replaced by random ones, and permutations of each comparison of these."""

    n: int = 10
    n_permutations: int = 999


@attrs.frozen
class DistanceOptions:
    """Resamples of the bootstrap."""

    n_bootstrap: int = 1000


@attrs.frozen
class Classification:
    """How emotions are classified by profiles."""

    most_per_group: int = 150
    n_folds: int = 5
    n_permutations: int = 199


@attrs.frozen
class DecodingTest:
    """How the published decoding is put to the test.

    `splits` are those that its windows and its model are scored under, `n_surrogates` the surrogate ratings that every
    procedure is scored on, `test_fraction` what ``random`` and ``chronological`` test.
    """

    splits: tuple[SplitKind, ...] = ("random", "chronological")
    n_surrogates: int = 20
    test_fraction: float = 0.1


LEAST = {
    "decoding.n_surrogates": 1,
    "comparison.n_permutations": 1,
    "comparison.max_length_ratio": 1,
    "splits.n": 0,
    "splits.n_permutations": 1,
    "distances.n_bootstrap": 100,
    "classification.most_per_group": 2,
    "classification.n_folds": 2,
    "classification.n_permutations": 1,
}


@attrs.frozen
class Definition:
    """An experiment: what is done (`experiment`), with which data, columns and comparisons, by which stages.

    `stages` holds layers of a configuration over the presets: of `both`, then of each preset by name.
    """

    experiment: Kind
    title: str
    data: Data = attrs.field(factory=Data)
    columns: Columns = attrs.field(factory=Columns)
    comparison: Pairs = attrs.field(factory=Pairs)
    splits: Splits = attrs.field(factory=Splits)
    distances: DistanceOptions = attrs.field(factory=DistanceOptions)
    classification: Classification = attrs.field(factory=Classification)
    decoding: DecodingTest = attrs.field(factory=DecodingTest)
    stages: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)

    def layers(self, preset: str, sets: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what is laid over a preset; `sets` are those of the command line."""
        layers = [dict(self.stages.get(name, {})) for name in ("both", preset)]
        return [*layers, {key: value for key, value in sets.items() if key in SHARED or preset == PRESETS[0]}]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it, without the stages: those that came of them stand in each preset's provenance."""
        found = attrs.asdict(self, filter=lambda attribute, _: attribute.name != "stages")
        return found | {"data": found["data"] | {"options": to_plain(self.data.options, portable=True)}}


def shipped() -> dict[str, Path]:
    """Return the files of the experiments that ship, by name."""
    return {kind: Path(__file__).parent / f"{kind.replace('-', '_')}.toml" for kind in KINDS}


def read_definition(what: str) -> Definition:
    """Return an experiment's definition, by the name of a built-in experiment or from a TOML file.

    Parameters
    ----------
    what : str
        The name of a built-in experiment (``emotopy experiment --help`` lists them), or the path of a .toml file.

    Returns
    -------
    Definition
        Data, columns, pairs of groups and analyses of the experiment.

    Raises
    ------
    UnknownName
        There is no such experiment.
    ConfigError
        The file can't be read, or has a wrong value.

    Examples
    --------
    >>> read_definition("depression").experiment
    'depression'
    """
    content, name = definition_text(what), _path(what).name
    try:
        table = tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: no TOML: {error}") from error
    return parse_definition(table, name)


def definition_text(what: str) -> str:
    """Return the TOML of an experiment; errors as `read_definition`."""
    path = _path(what)
    if what not in KINDS and path.suffix.lower() != ".toml":
        raise UnknownName(
            f"experiment: there is no experiment {what!r}.{nearest(what, KINDS)} There are: "
            f"{', '.join(KINDS)}; or give your own file that ends in .toml"
        )
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path.name}: no UTF-8: {error}") from error


def _path(what: str) -> Path:
    return shipped().get(what) or Path(what)


def parse_definition(table: Mapping[str, Any], name: str) -> Definition:
    """Return the experiment that a table describes. Raises UnknownName for unknown keys, ConfigError for values."""
    try:
        definition: Definition = _record(Definition, {"title": table.get("experiment", ""), **table}, "")
        for layer, stages in definition.stages.items():
            if layer not in LAYERS:
                raise UnknownName(f"stages.{layer}: no such key.{nearest(layer, LAYERS)} Keys: {', '.join(LAYERS)}")
            normalise(stages)
    except ConfigError as error:
        raise type(error)(f"{name}: {error}") from error
    if definition.experiment in USUAL and not definition.data.datasets:
        usual = USUAL[definition.experiment]
        unsaid = {key: value for key, value in usual.items() if not getattr(definition.data, key)}
        definition = attrs.evolve(definition, data=attrs.evolve(definition.data, **unsaid))
    if definition.experiment not in ("human-vs-llm", "decoding") and not definition.comparison.pairs:
        raise ConfigError(f"{name}: comparison.pairs: wanted pairs of groups, such as [['fear', 'joy']], got none")
    return definition


def changed(definition: Definition, section: str, **given: Any) -> Definition:
    """Return the experiment with values of a section (`data`, `comparison`) replaced by those that are not None.

    Raises ConfigError as `parse_definition`.
    """
    values = {name: value for name, value in given.items() if value is not None}
    old = attrs.asdict(getattr(definition, section), recurse=False)
    new = _record(type(getattr(definition, section)), {**old, **values}, section)
    return attrs.evolve(definition, **{section: new})


def _record(cls: type, table: Any, path: str) -> Any:
    """Return the record that a table describes."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: wanted a table, got {table!r}")
    hints, values = typing.get_type_hints(cls), {}
    for key, value in table.items():
        where = f"{path}.{key}" if path else key
        if key not in hints:
            raise UnknownName(f"{where}: no such key.{nearest(key, hints)} Keys: {listed(hints)}")
        if attrs.has(hints[key]):
            values[key] = _record(hints[key], value, where)
            continue
        values[key] = value if key == "stages" else convert(value, hints[key], where)
        if where in LEAST and value is not None and values[key] < LEAST[where]:
            raise ConfigError(f"{where}: wanted {LEAST[where]} or more, got {value}")
    if "experiment" in hints and "experiment" not in values:
        raise ConfigError(f"experiment: wanted one of {', '.join(KINDS)}, got nothing")
    return cls(**values)
