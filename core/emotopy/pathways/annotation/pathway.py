"""Annotation: a story is cut into segments, an annotator rates them, and out comes a course of emotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.config import Config, as_choice
from emotopy.emotions import emotion_names
from emotopy.errors import InputError, PluginError
from emotopy.inference.reliability import icc
from emotopy.pathways.annotation.agreement import agreement
from emotopy.pathways.annotation.result import Annotation
from emotopy.pathways.annotation.segments import Segmentation, cut
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Narrative, Ratings, Segments
from emotopy.registry import Registry
from emotopy.roles import Estimate, Host, Priced
from emotopy.running.fitted_embedders import check_none_awaits_fit
from emotopy.running.host_calls import host_call, isolable_call
from emotopy.running.output_checks import validate_matrix
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import collect, versions

DEFAULT_ANNOTATOR = "anchors"
DEFAULT_EMBEDDER = "static"


@runtime_checkable
class RepeatedAnnotator(Protocol):
    """An annotator that can rate every segment several times, so that its reliability can be estimated."""

    def annotate_repeats(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_repeats, n_segments, n_emotions); `annotate` returns its mean over repeats."""
        ...


@runtime_checkable
class PricedAnnotator(Protocol):
    """An annotator that sends segments to another machine and can estimate the cost beforehand."""

    def estimate(self, segments: Sequence[str], emotions: Sequence[str]) -> Estimate:
        """Return the estimate without sending anything."""
        ...


@runtime_checkable
class StatesScale(Protocol):
    """An annotator that says what its values mean: `scale`, one sentence for the sidecar and for who decodes them."""

    scale: str


@attrs.define(eq=False)
class Annotating:
    """One annotation, prepared: nothing is rated or sent before `run`.

    Parameters as for `annotate`.
    """

    narrative: Narrative
    segments: Segments
    emotions: tuple[str, ...]
    stage: Stage
    runner: StageRunner
    settings: Mapping[str, Any]

    @property
    def host(self) -> Host:
        """The host of the run, for messages and cancellation."""
        return self.runner.user_host

    def estimate(self) -> Estimate | None:
        """Return what `run` would send, without sending it; None for an annotator that sends nothing."""
        if isinstance(self.stage.object, PricedAnnotator):
            return self.stage.object.estimate(self.segments.texts, self.emotions)
        for dependency in self.stage.dependencies.values():
            if isinstance(dependency.object, Priced):
                return dependency.object.estimate(self.segments.texts)
        return None

    def check_against(self, raters: Mapping[str, Ratings]) -> None:
        """Check that human ratings share emotions and time with what `run` will give; raises InputError."""
        agreement(self._ratings(np.zeros((len(self.segments), len(self.emotions)))), raters)

    @host_call
    def run(self, *, source: Mapping[str, Any] | None = None) -> Annotation:
        """Rate the segments; `source` describes the input in the provenance (file name, checksum)."""
        for note in self.narrative.notes:
            self.runner.notify(note)
        repeats = self._rate()
        n_repeats = len(repeats)
        ratings = self._ratings(repeats.mean(axis=0))
        reliability = {}
        if n_repeats > 1:
            reliability = {name: icc(repeats[:, :, i].T) for i, name in enumerate(self.emotions)}
            means = ", ".join(f"{name} {found.mean:.2f}" for name, found in reliability.items())
            self.runner.notify(f"Every segment was rated {n_repeats} times; ICC(2,k) of the mean: {means}.")
        scale = self.stage.object.scale if isinstance(self.stage.object, StatesScale) else ""
        if scale:
            self.runner.notify(scale)
        provenance = collect(
            {"emotions": list(self.emotions), "seed": self.runner.config.seed, **self.settings},
            {"annotator": _with_dependencies(self.stage)},
            input=dict(source or {}),
        )
        notes = tuple(self.runner.notes)
        return Annotation(ratings, self.segments, self.narrative, provenance, notes, n_repeats, reliability, scale)

    def _ratings(self, values: FloatArray) -> Ratings:
        onset_s, duration_s = self.segments.onset_s, self.segments.duration_s
        return Ratings(self.emotions, onset_s, duration_s, values, self.narrative.end_s)

    def _rating(self) -> AbstractContextManager[Any]:
        return self.runner.doing(f"{self.stage}: rating {len(self.segments):,} segments")

    def _rate(self) -> FloatArray:
        """Return the ratings, (n_repeats, n_segments, n_emotions), checked."""
        texts, n_segments, n_emotions = list(self.segments.texts), len(self.segments), len(self.emotions)
        if isinstance(self.stage.object, RepeatedAnnotator):
            with self._rating():
                answer = np.asarray(self.stage.call("annotate_repeats", texts, self.emotions))
            if answer.ndim != 3 or not len(answer):
                raise PluginError(
                    f"{self.stage}: annotate_repeats() must return shape (1 or more, {n_segments}, {n_emotions}), got "
                    f"{answer.shape}"
                )
            method = "annotate_repeats"
        else:
            with self._rating():
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
    """Prepare an annotation: cut the story, make the stages, check everything; nothing is rated or sent.

    Parameters as for `annotate`.
    """
    names = emotion_names(emotions)
    segments = cut(narrative, segmentation, width_s=width_s, step_s=step_s, pause_s=pause_s)
    if not len(segments):
        raise InputError(f"{narrative.name or 'the story'}: no segment contains words, so there is nothing to rate")
    if len(segments) == 1:
        narrative = attrs.evolve(narrative, notes=(*narrative.notes, _one_segment(narrative, segmentation, pause_s)))
    settings: dict[str, Any] = {"segmentation": segmentation}
    settings |= {"width_s": width_s, "step_s": step_s} if segmentation == "seconds" else {}
    settings |= {"pause_s": pause_s} if segmentation == "pause" else {}
    registry = registry or Registry.load()
    choices = {"annotator": as_choice(annotator, "annotator"), "embedder": as_choice(embedder, "embedder")}
    config = Config(choices, seed=seed).check(registry)
    user_host = attrs.evolve(host or Host(), cache_dir=cache)
    runner = StageRunner(config, registry, StageCache(None), versions(), user_host)
    choice = config.stages["annotator"]
    if not choice.is_object and _wants_embedder(registry, choice.use, choice.options):
        runner.make("embedder")
    stage = runner.make("annotator")
    check_none_awaits_fit(stage, "a story isn't a corpus for fitting an embedder")
    return Annotating(narrative, segments, names, stage, runner, settings)


def _one_segment(narrative: Narrative, segmentation: Segmentation, pause_s: float) -> str:
    """Say that there is no course, and why the story wasn't cut."""
    why = {
        "pause": f": nobody is silent for {pause_s:g} s or longer between its words; captions often touch each other",
        "sentence": ": it holds one sentence",
    }.get(segmentation, "")
    return f"{narrative.name or 'The story'} is one segment{why}. Its ratings are one value each, and no course."


@isolable_call
def annotate(
    narrative: Narrative,
    annotator: Any = DEFAULT_ANNOTATOR,
    emotions: str | Sequence[str] = "plutchik8",
    *,
    source: Mapping[str, Any] | None = None,
    **options: Any,
) -> Annotation:
    r"""Rate the emotions of a story over its time.

    Parameters
    ----------
    narrative : Narrative
        The story (`emotopy.readers.read_narrative`).
    annotator : str, mapping or object, default "anchors"
        A name (`anchors`, `lexicon`, `goemotions`, `llm`), a table with `use` and options, or an object that has
        `annotate`.
    emotions : str or sequence of str, default "plutchik8"
        A set (`plutchik8`, `ekman6`, `valence-arousal`, `goemotions28`), or names.
    source : mapping, optional
        The input's description in the provenance: file name, checksum.
    **options : object
        `embedder` (for annotators that want one; `static`), `segmentation`, `width_s`, `step_s`, `pause_s` (as for
        `emotopy.pathways.annotation.segments.cut`), `seed`, `registry`, `cache` (a folder for what was paid for; None:
        nowhere), `host`.

    Returns
    -------
    Annotation
        Ratings, 0 to 1 unless the annotator says otherwise, a row per segment and a column per emotion.

    Raises
    ------
    ConfigError, InputError
        The configuration or the story is unusable.
    PluginError, ProviderError
        The annotator can't do its work.

    Examples
    --------
    >>> import emotopy, tempfile
    >>> from pathlib import Path
    >>> from emotopy.readers import read_narrative
    >>> cue = "1\n00:00:00,000 --> 00:00:04,000\nI was afraid.\n\n2\n00:00:04,000 --> 00:00:08,000\nWe danced.\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "story.srt"
    ...     _ = path.write_text(cue, "utf-8")
    ...     narrative = read_narrative(path)
    >>> annotation = emotopy.annotate(narrative, "lexicon", ["fear", "joy"])
    >>> annotation.ratings.emotions
    ('fear', 'joy')
    """
    return prepare(narrative, annotator, emotions, **options).run(source=source)


def _wants_embedder(registry: Registry, name: str, options: Mapping[str, Any]) -> bool:
    """Whether the annotator takes the annotation's own embedder, which is made only then."""
    stages = registry.offer("annotator", name).signature.stages
    return any(role == "embedder" and options.get(parameter) is None for parameter, role in stages.items())


def _with_dependencies(stage: Stage) -> dict[str, Any]:
    """Return the stage's entry in the provenance; the file's key for its dependencies is ``lent``."""
    dependencies = {parameter: other.to_dict() for parameter, other in stage.dependencies.items()}
    return {**stage.to_dict(), "lent": dependencies} if dependencies else stage.to_dict()
