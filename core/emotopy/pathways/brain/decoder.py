"""A decoder fitted to a whole study, which predicts emotion courses from new scans and can be saved and loaded.

`emotopy.pathways.brain.refit` fits it, `emotopy.pathways.load` loads it, and `emotopy.pathways.brain.stream` runs it
during a scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from emotopy.config import Config, build
from emotopy.errors import ConfigError, ContainerError, EmotopyError, InputError, PluginError, listed
from emotopy.pathways.brain.rows import TimeGrid
from emotopy.pathways.brain.stream import DecoderStream, check_regions, check_tr
from emotopy.pathways.brain.study import as_series
from emotopy.readers.in_memory import as_matrix
from emotopy.records.axes import FloatArray, names_of
from emotopy.records.brain import EmotionCourse, RegionSeries, Windowing
from emotopy.registry import Registry
from emotopy.roles import CleansSignal, Host, StreamsFeatures
from emotopy.running.base import HoldsStages
from emotopy.running.host_calls import host_call
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.container import Container, write_container
from emotopy.storage.container_specs import CONTAINER, ArraySpec, Kind
from emotopy.storage.os_errors import as_path
from emotopy.storage.provenance import versions
from emotopy.storage.results import Say, warn
from emotopy.storage.state_fields import Fields

if TYPE_CHECKING:
    import pandas as pd

DECODER = Kind(
    "decoder",
    schema=1,
    arrays={
        "coefficients": ArraySpec("<f8", ("edges", "emotions")),
        "intercept": ArraySpec("<f8", ("emotions",)),
        "penalties": ArraySpec("<f8", ("emotions",)),
        "probe": ArraySpec("<f8", ("emotions",)),
    },
)
SCORES = ("r", "null_mean", "null_95", "p", "p_family")
SAME = 1e-4
"""Features of a measure that is the same differ by rounding alone, in units of Fisher's z."""
SLOWEST_S = 1000.0
MOST_NUMBERS = 2**28
MOST_OPERATIONS = 2**36
"""What the probe of a decoder may take: far more than 1,000 regions need; a stranger's windows can ask for no more."""


@attrs.frozen(eq=False, repr=False)
class Decoder(HoldsStages):
    """A linear decoder of emotions from connectivity, fitted to all subjects of a study.

    A prediction is in the unit of the study's ratings after convolution with the HRF, detrending and averaging over the
    window. It is computed as features (n_windows, n_edges) times `coefficients` (n_edges, n_emotions) plus `intercept`
    (n_emotions,).

    Parameters
    ----------
    emotions, regions : tuple of str
        The predicted emotions, and the regions in the order of the signal.
    tr_s : float
        Repetition time in seconds of the scans used for fitting; new scans need the same.
    coefficients : ndarray, (n_edges, n_emotions)
        Weight of each feature.
    intercept : ndarray, (n_emotions,)
        Constant of each emotion.
    penalties : ndarray, (n_emotions,)
        Ridge penalty chosen for each emotion.
    scores : DataFrame
        ``emotion, causal, r, null_mean, null_95, p, p_family``: cross-validated scores of this kind of decoder, as in
        `Decoding.scores`. A causal decoder has its own scores and those of the decoding from which it was refitted.
    has_confounds : bool
        Whether confounds were regressed out of the scans used for fitting.
    n_subjects, n_rows : int
        Numbers of subjects and rows used for fitting.
    config : Config
        Configuration of the decoding.
    provenance, notes
        Provenance and notes of the decoding.
    registry : Registry
        Where its measure comes from.
    host : Host
        Who is told.

    Examples
    --------
    >>> import emotopy
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3)
    >>> decoding = emotopy.decode(made.series, made.ratings, config={"null": {"n": 9}, "split": "subject"})
    >>> decoder = decoding.refit()
    >>> len(decoder.predict(made.series)), decoder.emotions
    (3, ('fear',))
    """

    INSTEAD: ClassVar[str] = (
        "write it with save(directory), and read it with emotopy.load(directory) where it is needed"
    )

    emotions: tuple[str, ...]
    regions: tuple[str, ...]
    tr_s: float
    coefficients: FloatArray
    intercept: FloatArray
    penalties: FloatArray
    scores: pd.DataFrame
    has_confounds: bool
    n_subjects: int
    n_rows: int
    config: Config
    provenance: Mapping[str, Any]
    notes: tuple[str, ...]
    registry: Registry
    host: Host

    def __repr__(self) -> str:
        causal = "causal, " if self.is_causal else ""
        return (
            f"Decoder({causal}emotions: {', '.join(self.emotions)}; {len(self.regions)} regions, TR {self.tr_s:g} s, "
            f"windows of {self.windowing.width_s:g} s)"
        )

    def _repr_html_(self) -> str:
        """Return the view for notebooks: predicted emotions, input, and the stages used."""
        from emotopy.notebook import pathway_html

        facts = {"emotions": f"{len(self.emotions)}", "regions": f"{len(self.regions)}", "s TR": f"{self.tr_s:g}",
                 "subjects": f"{self.n_subjects}"}  # fmt: skip
        calls = ["decoder.scores", "decoder.predict(series)", 'decoder.save("decoder/")']
        roles = ("connectivity", "neural_decoder")
        return pathway_html(
            "causal decoder" if self.is_causal else "decoder",
            self.config,
            self.registry,
            roles,
            facts=facts,
            notes=self.notes,
            calls=calls,
            subject=self,
        )

    @property
    def windowing(self) -> Windowing:
        """The windows used for prediction."""
        return self.config.windowing

    @property
    def is_causal(self) -> bool:
        """Whether predictions depend on no volume after their window, as `stream` requires."""
        return is_causal(self.config)

    @host_call
    def predict(
        self,
        series: Sequence[RegionSeries] | RegionSeries | Mapping[str, Any],
        *,
        tr_s: float | None = None,
        confounds: Sequence[Any] | None = None,
        step_s: float | None = None,
    ) -> tuple[EmotionCourse, ...]:
        """Predict the emotions over each run.

        Parameters
        ----------
        series : RegionSeries, sequence of these, or mapping
            One run, several runs, or a table per subject, as in `emotopy.decode`. Regions are reordered where needed,
            and regions unknown to the decoder are left out; `host` receives a message in both cases.
        tr_s : float, optional
            Repetition time in seconds; required for tables, already known for records.
        confounds : sequence, optional
            Confounds to regress out, one entry per series: an array or table (n_volumes, n_confounds), or None.
        step_s : float, optional
            Time between window starts in seconds. Default: as in `windowing`.

        Returns
        -------
        tuple of EmotionCourse, (n_runs,)
            One course per run, in order. A window with too many censored volumes (False in `keep`, or rows of NaN) is
            NaN.

        Raises
        ------
        InputError
            A region is missing, the TR or the length of the confounds differs, or a run is shorter than a window; the
            message names the subject.
        """
        runs = as_series([series] if isinstance(series, RegionSeries) else series, tr_s)
        if not runs:
            raise InputError("series: wanted at least one run, got none")
        each = [None] * len(runs) if confounds is None else confounds
        given = [None if one is None else as_matrix(one, "confounds") for one in each]
        if len(given) != len(runs):
            raise InputError(f"confounds: wanted one per series, {len(runs)}, got {len(given)}")
        if self.has_confounds != any(one is not None for one in given):
            had, have = ("with", "none come") if self.has_confounds else ("without", "some come")
            self.host.notify(f"This decoder was fitted to scans {had} confounds regressed out; {have} with these.")
        windowing = self.windowing if step_s is None else attrs.evolve(self.windowing, step_s=step_s)
        if windowing != self.windowing and self.config.stages["connectivity"].is_object:
            raise InputError(
                f"step_s: wanted {self.windowing.step_s:g} s, because the measure was given as an "
                f"object with its own windows; got {step_s:g} s"
            )
        stage = self._measure(windowing)
        return tuple(self._course(stage, windowing, *one) for one in zip(runs, given, strict=True))

    def stream(self, tr_s: float, *, regions: Sequence[str] | None = None) -> DecoderStream:
        """Return a stream that takes the volumes of a run one by one and predicts the emotions after each.

        The predictions equal those of `predict(series, step_s=tr_s)`.

        Parameters
        ----------
        tr_s : float
            Seconds between volumes.
        regions : sequence of str, optional
            Names of the regions in each volume, in order. Default: the regions of the decoder.

        Returns
        -------
        DecoderStream
            A stream that has received no volume yet.

        Raises
        ------
        InputError
            The decoder isn't causal, the TR differs, or a region is missing.
        """
        check_tr(tr_s, self.tr_s, "stream")
        stage = self._measure(attrs.evolve(self.windowing, step_s=self.tr_s))
        if not isinstance(stage.object, StreamsFeatures) or not stage.object.causal:
            raise InputError(
                "stream: wanted a causal decoder, got one whose filter needs the whole run; fit one "
                "with refit(causal=True)"
            )
        names = self.regions if regions is None else names_of(regions)
        order = check_regions(names, self.regions, "stream", self.host.notify)
        features = stage.call("stream", len(self.regions), self.tr_s)
        return DecoderStream(
            emotions=self.emotions,
            regions=names,
            tr_s=self.tr_s,
            width_s=self.windowing.width(self.tr_s) * self.tr_s,
            order=order,
            stage=attrs.evolve(stage, object=features),
            coefficients=self.coefficients,
            intercept=self.intercept,
        )

    def save(self, directory: str | Path, *, force: bool = False, notify: Say = warn) -> Path:
        """Save the decoder to a folder; `emotopy.load` loads it.

        The folder is written completely or not at all. It holds JSON and NPZ files and no pickle
        (docs/saved-decoders.md).

        Parameters
        ----------
        directory : str or Path
            The folder.
        force : bool, default False
            Replace an existing model or results folder.
        notify : callable, default a Python warning
            Receives a message about anything that isn't saved.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        ConfigError
            The connectivity measure was given as an object, not by name.
        OutputError
            The folder exists (unless `force`) or can't be written.
        """
        choice = self.config.stages["connectivity"]
        if choice.is_object:
            raise ConfigError(
                "connectivity: wanted a measure given by name, which can be saved, got an object; "
                "configure it by name, or offer it in a plugin",
                path="connectivity",
            )
        stage = self._measure(self.windowing)
        state = {
            "emotions": list(self.emotions),
            "regions": list(self.regions),
            "tr_s": self.tr_s,
            "windowing": attrs.asdict(self.windowing),
            "connectivity": {
                "use": stage.full_name,
                "version": stage.version,
                "options": attrs.evolve(choice, use=stage.full_name).to_options(portable=True),
            },
            "neural_decoder": self.provenance.get("stages", {}).get("neural_decoder", {}),
            "has_confounds": self.has_confounds,
            "n_subjects": self.n_subjects,
            "n_rows": self.n_rows,
            "scores": [_plain_row(row) for row in self.scores.to_dict("records")],
            "notes": list(self.notes),
        }
        arrays = {
            "coefficients": self.coefficients,
            "intercept": self.intercept,
            "penalties": self.penalties,
            "probe": self._probe()[0],
        }
        return write_container(
            as_path(directory, "directory"),
            DECODER,
            state,
            arrays,
            provenance=self.provenance,
            force=force,
            notify=notify,
        )

    @classmethod
    def from_container(cls, container: Container, registry: Registry, host: Host) -> Decoder:
        """Make the decoder that a container holds.

        Parameters
        ----------
        container : Container
            What `emotopy.storage.container.read_container` read.
        registry : Registry
            Where its measure comes from.
        host : Host
            Who is told what differs from where it was saved.

        Returns
        -------
        Decoder
            The decoder.

        Raises
        ------
        ContainerError
            The state isn't one, or the installed measure gives other features than the one that it was learnt with.
        ConfigError
            The measure isn't installed.
        """
        fields, arrays = Fields(container.state), container.arrays
        emotions, regions = fields.names("emotions"), fields.names("regions")
        for name, axis in (("emotions", emotions), ("regions", regions)):
            if not axis:
                fields.refuse(name, "names", "none")
        if arrays["coefficients"].shape[1] != len(emotions):
            fields.refuse("emotions", f"{arrays['coefficients'].shape[1]} names, as coefficients", str(len(emotions)))
        connectivity = fields.table("connectivity")
        options = dict(connectivity.table("options").values)
        version = connectivity.text("version")
        layer = {
            "connectivity": {**options, "use": connectivity.text("use")},
            "windowing": dict(fields.table("windowing").values),
        }
        config = build(layer).check(registry, ("connectivity",))
        notes = container.state.get("notes")
        if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
            fields.refuse("notes", "a list of texts", type(notes).__name__)
        made = cls(
            emotions=emotions,
            regions=regions,
            tr_s=fields.number("tr_s", above=0, most=SLOWEST_S),
            coefficients=arrays["coefficients"],
            intercept=arrays["intercept"],
            penalties=arrays["penalties"],
            scores=_scores_of(fields, emotions),
            has_confounds=fields.flag("has_confounds"),
            n_subjects=fields.whole("n_subjects", least=1),
            n_rows=fields.whole("n_rows", least=1),
            config=config,
            provenance=container.provenance,
            notes=tuple(notes),
            registry=registry,
            host=host,
        )
        stage = made._measure(made.windowing)
        if stage.version != version:
            host.notify(
                f"This decoder was fitted with {stage} {version:.40}; the installed version is {stage.version}."
            )
        made._check_probe(stage, arrays["probe"])
        return made

    # What both ways of predicting share ---------------------------------------------------------------------------

    def _measure(self, windowing: Windowing) -> Stage:
        config = attrs.evolve(self.config, windowing=windowing)
        return StageRunner(config, self.registry, StageCache(None), versions(), self.host).make("connectivity")

    def _course(
        self, stage: Stage, windowing: Windowing, run: RegionSeries, confounds: FloatArray | None
    ) -> EmotionCourse:
        who = ", ".join([f"subject {run.subject}", *(part for part in (run.story, run.run) if part)])
        check_tr(run.tr_s, self.tr_s, who)
        order = check_regions(run.regions, self.regions, who, self.host.notify)
        n_lags = getattr(stage.object, "n_lags", None)
        grid = TimeGrid(run.tr_s, run.n_volumes, windowing if n_lags is None else None, n_lags or 0)
        width = windowing.width(run.tr_s) if n_lags is None else 2 * n_lags + 1
        if run.n_volumes < width:
            raise InputError(
                f"{who}: wanted a run of at least {width} volumes, the width of a window, got {run.n_volumes}",
                wanted=f"at least {width} volumes",
                got=str(run.n_volumes),
            )
        if confounds is not None and (np.ndim(confounds) != 2 or len(confounds) != run.n_volumes):
            raise InputError(
                f"{who}: wanted confounds with a row for each of {run.n_volumes} volumes, got shape "
                f"{np.shape(confounds)}",
                wanted=f"{run.n_volumes} rows",
                got=str(np.shape(confounds)),
            )
        values = np.asarray(run.values, dtype=np.float64)[:, order]
        if run.keep is not None:
            values = np.where(run.keep[:, None], values, np.nan)
        features = self._features(stage, values, run.tr_s, confounds, who)
        if features.shape != (len(grid.start_s), len(self.coefficients)):
            wanted = f"({len(grid.start_s)}, {len(self.coefficients)})"
            raise PluginError(f"{stage}: features() must return shape {wanted}, got {features.shape}")
        found = features.astype(np.float64) @ self.coefficients + self.intercept
        return EmotionCourse(self.emotions, grid.start_s + grid.width_s / 2, found, run.subject, run.run, run.story)

    def _features(
        self, stage: Stage, values: FloatArray, tr_s: float, confounds: FloatArray | None, who: str
    ) -> FloatArray:
        try:
            if isinstance(stage.object, CleansSignal):
                values = np.asarray(stage.call("clean", values, tr_s, confounds))
            return np.asarray(stage.call("features", values, tr_s))
        except InputError as error:
            column = f" (column {error.column} is {self.regions[int(error.column)]})" if error.column else ""
            raise InputError(f"{who}: {error}{column}", row=error.row, column=error.column) from error

    def _probe(self, stage: Stage | None = None) -> tuple[FloatArray, FloatArray]:
        """Return what is predicted for made-up volumes, and how far rounding may move it, twice (n_emotions,)."""
        stage = stage or self._measure(self.windowing)
        self._check_probed(getattr(stage.object, "n_lags", None) is None)
        n_volumes = 3 * max(self.windowing.width(self.tr_s), 20)
        features = self._features(
            stage, made_up_volumes(n_volumes, len(self.regions)), self.tr_s, None, "made-up volumes"
        )
        if features.ndim != 2 or features.shape[1] != len(self.coefficients):
            raise PluginError(
                f"{stage}: features() must return {len(self.coefficients)} columns, got shape {features.shape}"
            )
        last = features[np.isfinite(features).all(axis=1)][-1].astype(np.float64)
        return last @ self.coefficients + self.intercept, SAME * np.abs(self.coefficients).sum(axis=0) + 1e-12

    def _check_probed(self, in_windows: bool) -> None:
        """Raise InputError for windows so long that even the probe is too large; in floats, which any numbers fit."""
        width = max(self.windowing.width_s / self.tr_s, 20.0)
        n_volumes = 3 * width
        n_rows = n_volumes / max(1.0, self.windowing.step_s / self.tr_s) if in_windows else n_volumes
        n_values = n_rows * len(self.coefficients)
        if n_volumes * len(self.regions) + n_values > MOST_NUMBERS or n_values * width > MOST_OPERATIONS:
            got = f"{self.windowing.width_s:g} s every {self.windowing.step_s:g} s, with a TR of {self.tr_s:g} s"
            raise InputError(
                "windowing: wanted windows small enough to test the decoder on simulated volumes, got "
                f"windows of {got} and {len(self.regions):,} regions",
                wanted="smaller windows",
                got=got,
            )

    def _check_probe(self, stage: Stage, wanted: FloatArray) -> None:
        try:
            found, slack = self._probe(stage)
            got = "others" if (np.abs(found - wanted) > slack).any() else ""
        except EmotopyError as error:
            got = str(error)
        if got:
            raise ContainerError.inside(
                CONTAINER,
                member="state.connectivity",
                wanted="the features with which it was fitted",
                got=f"{stage} {stage.version}: {got}",
                advice="install the version with which it was fitted, or fit and save the decoder again",
            )


def is_causal(config: Config) -> bool:
    """Whether the measure that a configuration chooses depends on nothing after a window."""
    choice = config.stages["connectivity"]
    return bool(getattr(choice.use, "causal", False) if choice.is_object else choice.options.get("causal", False))


def made_up_volumes(n_volumes: int, n_regions: int) -> FloatArray:
    """Return numbers from 0 to 1 without order, the same everywhere: (n_volumes, n_regions).

    >>> made_up_volumes(2, 2).round(3).tolist()
    [[0.0, 0.257], [0.097, 0.519]]
    """
    i = np.arange(n_volumes * n_regions, dtype=np.int64).reshape(n_volumes, n_regions)
    return np.asarray((i * i * 7919 + i * 104_729) % 10_007 / 10_007)


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    numbers = {name: None if not np.isfinite(row[name]) else float(row[name]) for name in SCORES}
    return {"emotion": str(row["emotion"]), "causal": bool(row["causal"]), **numbers}


def _scores_of(fields: Fields, emotions: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for row in fields.rows("scores"):
        if (emotion := row.text("emotion")) not in emotions:
            row.refuse("emotion", f"one of {listed(emotions)}", ascii(emotion)[:60])
        numbers = {name: np.nan if row.values.get(name, 0) is None else row.number(name) for name in SCORES}
        rows.append({"emotion": emotion, "causal": row.flag("causal"), **numbers})
    return pd.DataFrame(rows, columns=["emotion", "causal", *SCORES])
