"""Annotation: a story is cut into segments, an annotator rates them, and out comes a course of emotions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.config import Config, as_choice
from emotopy.emotions import emotion, emotion_names
from emotopy.errors import InputError, PluginError
from emotopy.inference.reliability import Icc, icc
from emotopy.pathways.annotation.rating_agreement import Agreement, agreement
from emotopy.pathways.annotation.segments import Segmentation, cut
from emotopy.readers.ratings import KNOWN_UNTIL, table_text
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Narrative, Ratings, Segments
from emotopy.registry import Registry
from emotopy.roles import Estimate, Host, Priced
from emotopy.running.output_checks import validate_matrix
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.files import write_files
from emotopy.storage.provenance import collect, versions

DEFAULT_ANNOTATOR = "anchors"
DEFAULT_EMBEDDER = "static"


@runtime_checkable
class RepeatedAnnotator(Protocol):
    """An annotator that can rate every segment several times, so that its reliability can be told."""

    def annotate_repeats(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_repeats, n_segments, n_emotions); `annotate` returns its mean over repeats."""
        ...


@runtime_checkable
class PricedAnnotator(Protocol):
    """An annotator that sends segments elsewhere and can say beforehand what that takes."""

    def estimate(self, segments: Sequence[str], emotions: Sequence[str]) -> Estimate:
        """Return the estimate without sending anything."""
        ...


@attrs.frozen(eq=False)
class Annotation:
    """Ratings of a story, and what they came from.

    `reliability` holds the intraclass correlations per emotion where segments were rated `n_repeats` times, two or
    more; else it is empty.
    """

    ratings: Ratings
    segments: Segments
    narrative: Narrative
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    n_repeats: int = 1
    reliability: Mapping[str, Icc] = attrs.field(factory=dict)

    def sidecar(self, compared: Sequence[Agreement] = ()) -> dict[str, Any]:
        """Return the JSON sidecar, BIDS-style: what each column is, then where the table comes from."""
        columns: dict[str, Any] = {
            "onset": {"Description": "Start of the segment on the narrative's clock", "Units": "s"},
            "duration": {"Description": "Length of the segment; segments may overlap", "Units": "s"},
        }
        for name in self.ratings.emotions:
            definition = emotion(name).definition
            columns[name] = {
                "Description": f"Rated {name}{f': {definition}' if definition else ''}",
                "Minimum": 0,
                "Maximum": 1,
            }
        more: dict[str, Any] = {}
        if self.reliability:
            more["Reliability"] = {
                "Repeats": self.n_repeats,
                "ICC(2,1)": {name: rounded(found.single) for name, found in self.reliability.items()},
                "ICC(2,k)": {name: rounded(found.mean) for name, found in self.reliability.items()},
            }
        if compared:
            more["Agreement"] = {one.emotion: agreement_plain(one) for one in compared}
        return {
            **columns,
            KNOWN_UNTIL: rounded(self.ratings.known_until_s),
            "DeclaredLength": rounded(self.narrative.declared_s),
            "SilentStretches": self.segments.n_silent,
            "Notes": list(self.notes),
            **more,
            "Provenance": dict(self.provenance),
        }

    def write(self, path: Path, *, force: bool = False, compared: Sequence[Agreement] = ()) -> tuple[Path, ...]:
        """Write the table, its sidecar (.json) and a plot (.svg) beside it; return the paths.

        Raises OutputError where a file exists (unless `force`) or can't be written.
        """
        from emotopy.pathways.annotation.rating_plot import plot

        title = f"{self.narrative.name}, rated by {self.provenance['stages']['annotator'].get('use', 'an object')}"
        picture = plot(self.ratings, declared_s=self.narrative.declared_s, title=title)
        sidecar = json.dumps(self.sidecar(compared), indent=2, ensure_ascii=False)
        table, notes, figure = outputs(path)
        contents = {table: table_text(self.ratings), notes: sidecar + "\n", figure: picture}
        write_files({file: text.encode("utf-8", "replace") for file, text in contents.items()}, force=force)
        return table, notes, figure


def outputs(path: Path) -> tuple[Path, Path, Path]:
    """Return where table, sidecar and plot of an annotation go."""
    return path, path.with_suffix(".json"), path.with_suffix(".svg")


@attrs.define(eq=False)
class Annotating:
    """The work of one annotation, made ready: nothing is rated or sent before `run`.

    Parameters as for `annotate`.
    """

    narrative: Narrative
    segments: Segments
    emotions: tuple[str, ...]
    stage: Stage
    runner: StageRunner
    settings: Mapping[str, Any]

    def estimate(self) -> Estimate | None:
        """Return what `run` would send, without sending it; None for an annotator that sends nothing."""
        if isinstance(self.stage.object, PricedAnnotator):
            return self.stage.object.estimate(self.segments.texts, self.emotions)
        for lent in self.stage.dependencies.values():
            if isinstance(lent.object, Priced):
                return lent.object.estimate(self.segments.texts)
        return None

    def check_against(self, raters: Mapping[str, Ratings]) -> None:
        """Check that human ratings share emotions and time with what `run` will give; raises InputError."""
        values = np.zeros((len(self.segments), len(self.emotions)))
        agreement(
            Ratings(self.emotions, self.segments.onset_s, self.segments.duration_s, values, self.narrative.end_s),
            raters,
        )

    def run(self, *, source: Mapping[str, Any] | None = None) -> Annotation:
        """Rate the segments; `source` describes the input in the provenance (file name, checksum)."""
        for note in self.narrative.notes:
            self.runner.notify(note)
        repeats = self._rate()
        n_repeats = len(repeats)
        ratings = Ratings(
            emotions=self.emotions,
            onset_s=self.segments.onset_s,
            duration_s=self.segments.duration_s,
            values=repeats.mean(axis=0),
            known_until_s=self.narrative.end_s,
        )
        reliability = {}
        if n_repeats > 1:
            reliability = {name: icc(repeats[:, :, i].T) for i, name in enumerate(self.emotions)}
            told = ", ".join(f"{name} {found.mean:.2f}" for name, found in reliability.items())
            self.runner.notify(f"Every segment was rated {n_repeats} times; ICC(2,k) of the mean: {told}.")
        provenance = collect(
            {"emotions": list(self.emotions), "seed": self.runner.config.seed, **self.settings},
            {"annotator": _with_lent(self.stage)},
            input=dict(source or {}),
        )
        notes = tuple(self.runner.notes)
        return Annotation(ratings, self.segments, self.narrative, provenance, notes, n_repeats, reliability)

    def _rate(self) -> FloatArray:
        """Return the ratings, (n_repeats, n_segments, n_emotions), checked."""
        texts, n_segments, n_emotions = list(self.segments.texts), len(self.segments), len(self.emotions)
        if isinstance(self.stage.object, RepeatedAnnotator):
            answer = np.asarray(self.stage.call("annotate_repeats", texts, self.emotions))
            if answer.ndim != 3 or not len(answer):
                raise PluginError(
                    f"{self.stage}: annotate_repeats() must return shape (1 or more, {n_segments}, {n_emotions}), got "
                    f"{answer.shape}"
                )
            method = "annotate_repeats"
        else:
            answer = np.asarray(self.stage.call("annotate", texts, self.emotions))[np.newaxis]
            method = "annotate"
        repeats = np.stack([validate_matrix(one, n_segments, self.stage, method, n_emotions) for one in answer])
        if (repeats < -1e-9).any() or (repeats > 1 + 1e-9).any():
            raise PluginError(
                f"{self.stage}: {method}() must return values from 0 to 1, got {repeats.min():g} to {repeats.max():g}"
            )
        return np.clip(repeats.astype(np.float64), 0.0, 1.0)


def prepare(
    narrative: Narrative,
    annotator: Any = DEFAULT_ANNOTATOR,
    emotions: str | Sequence[str] = "plutchik8",
    *,
    embedder: Any = DEFAULT_EMBEDDER,
    segmentation: Segmentation = "seconds",
    width_s: float = 8.0,
    step_s: float = 4.0,
    pause_s: float = 0.6,
    seed: int = 0,
    registry: Registry | None = None,
    cache: Path | None = None,
    host: Host | None = None,
) -> Annotating:
    """Make an annotation ready: cut the story, make the stages, check everything; nothing is rated or sent.

    Parameters as for `annotate`.
    """
    names = emotion_names(emotions)
    segments = cut(narrative, segmentation, width_s=width_s, step_s=step_s, pause_s=pause_s)
    if not len(segments):
        raise InputError(f"{narrative.name or 'the story'}: no segment holds words; nothing to rate")
    settings: dict[str, Any] = {"segmentation": segmentation}
    settings |= {"width_s": width_s, "step_s": step_s} if segmentation == "seconds" else {}
    settings |= {"pause_s": pause_s} if segmentation == "pause" else {}
    registry = registry or Registry.load()
    choices = {"annotator": as_choice(annotator, "annotator"), "embedder": as_choice(embedder, "embedder")}
    config = Config(choices, seed=seed).check(registry)
    outer = attrs.evolve(host or Host(), cache_dir=cache)
    runner = StageRunner(config, registry, StageCache(None), versions(), outer)
    choice = config.stages["annotator"]
    if not choice.is_object and _wants_embedder(registry, choice.use, choice.options):
        runner.make("embedder")
    return Annotating(narrative, segments, names, runner.make("annotator"), runner, settings)


def annotate(
    narrative: Narrative,
    annotator: Any = DEFAULT_ANNOTATOR,
    emotions: str | Sequence[str] = "plutchik8",
    *,
    source: Mapping[str, Any] | None = None,
    **options: Any,
) -> Annotation:
    """Rate the emotions of a story over its time.

    Parameters
    ----------
    narrative
        The story (`emotopy.readers.narratives.read_narrative`).
    annotator
        A name (`anchors`, `lexicon`, `llm`), a table with `use` and options, or an object with `annotate`.
    emotions
        A set (`plutchik8`, `ekman6`, `valence-arousal`, `goemotions28`), or names.
    source
        What the provenance says of the input: file name, checksum.
    options
        `embedder` (for annotators that want one; `static`), `segmentation`, `width_s`, `step_s`, `pause_s` (as for
        `emotopy.pathways.annotation.segments.cut`), `seed`, `registry`, `cache` (a folder for what was paid for; None:
        nowhere), `host`.

    Raises ConfigError, InputError, PluginError, ProviderError.
    """
    return prepare(narrative, annotator, emotions, **options).run(source=source)


def agreement_plain(one: Agreement) -> dict[str, Any]:
    """Return an agreement as JSON holds it."""
    return {
        "PearsonR": rounded(one.r),
        "Seconds": one.n_seconds,
        "Raters": one.ceiling.n_raters,
        "RaterToRest": rounded(one.ceiling.rater_to_rest),
        "Reliability": rounded(one.ceiling.reliability),
        "NoiseCeiling": rounded(one.ceiling.ceiling),
    }


def rounded(value: float) -> float | None:
    """Return a number with six decimals, None for what isn't finite and so has no JSON.

    >>> rounded(0.12345678), rounded(float("nan"))
    (0.123457, None)
    """
    return round(float(value), 6) + 0.0 if np.isfinite(value) else None


def _wants_embedder(registry: Registry, name: str, options: Mapping[str, Any]) -> bool:
    """Whether the annotator takes the annotation's own embedder; one that doesn't costs nothing."""
    stages = registry.offer("annotator", name).signature.stages
    return any(role == "embedder" and options.get(parameter) is None for parameter, role in stages.items())


def _with_lent(stage: Stage) -> dict[str, Any]:
    lent = {parameter: other.to_dict() for parameter, other in stage.dependencies.items()}
    return {**stage.to_dict(), "lent": lent} if lent else stage.to_dict()
