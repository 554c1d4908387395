"""A decoding once more, on all data: the decoder that new scans are given to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from emotopy.config import Config, StageChoice
from emotopy.errors import ConfigError
from emotopy.inference.crossval import PlanAware
from emotopy.pathways.brain.analysis import DecodingTask, analyse
from emotopy.pathways.brain.decoder import SCORES, Decoder, is_causal
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.segment_targets import study_targets
from emotopy.pathways.brain.study import Study
from emotopy.pathways.brain.tables import scores_table
from emotopy.records.axes import FloatArray
from emotopy.roles import LinearDecoder, StreamsFeatures
from emotopy.running.base import Pathway
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import key_of

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False)
class RefitPathway(Pathway):
    """The brain pathway's configuration, for a decoder that is learnt from every subject and window."""

    NAME: ClassVar[str] = "brain"
    ROLES_USED: ClassVar[tuple[str, ...]] = ("connectivity", "neural_decoder")

    @classmethod
    def of(cls, pathway: Pathway) -> RefitPathway:
        """Return that of another pathway's configuration."""
        return cls(pathway.config, pathway.registry, pathway.cache, pathway.host)

    def check(self, study: Study, *, causal: bool) -> None:
        """Check before any work that `refit` can do it. Raises ConfigError, as that does."""
        self._stages(study, causal=causal)

    def _stages(self, study: Study, *, causal: bool) -> tuple[Config, StageRunner, Stage, Stage]:
        """Return the configuration, causal where it shall be, what runs it, the measure and the neural decoder."""
        config = self.config
        if causal:
            if any(one.confounds is not None for one in study.recordings):
                raise ConfigError(
                    "connectivity.causal: a causal decoder needs a study without confounds, because "
                    "regressing them out needs the whole run; decode without confounds first",
                    path="connectivity.causal",
                )
            if not is_causal(config):
                config = attrs.evolve(config, stages={**config.stages, "connectivity": self._causal()})
        runner = attrs.evolve(self, config=config)._runner()  # noqa: SLF001 (of this class)
        stage, decoder = runner.make("connectivity"), runner.make("neural_decoder")
        _check_linear(decoder)
        if causal and not (isinstance(stage.object, StreamsFeatures) and stage.object.causal):
            raise _not_causal(stage.name)
        return config, runner, stage, decoder

    def refit(self, study: Study, scores: pd.DataFrame, provenance: dict[str, Any], *, causal: bool) -> Decoder:
        """Return the decoder of a study's first feature set; see `Decoding.refit`, which documents it.

        `scores` and `provenance` are those of the decoding.
        """
        config, runner, stage, decoder = self._stages(study, causal=causal)
        grids = [time_grid(stage, story, config.windowing) for story in study.stories]
        targets = study_targets(study, grids, config)
        rows = targets.rows(study)
        is_new = causal and not is_causal(self.config)
        # surrogates are there for scores alone
        drawn = config if is_new else attrs.evolve(config, null=attrs.evolve(config.null, n=1))
        task = DecodingTask.of(drawn, study, targets, rows)
        features = feature_sets(runner, stage, study, grids)[0]
        own = _scores(scores[scores["features"] == scores["features"].iloc[0]], causal=is_causal(self.config))
        if is_new:
            cross_validated = scores_table([analyse(runner, decoder, features, task)], task)
            own = _beside(_scores(cross_validated, causal=True), own)
        penalties = _fit(decoder, np.concatenate(task.rows.pick(features.make(), features.name)), task)
        coefficients, intercept = decoder.call("linear_form")
        plain = config.to_dict(portable=True)
        stages = {**provenance["stages"], **{one.role: one.to_dict() for one in (stage, decoder)}}
        return Decoder(
            emotions=task.emotions,
            regions=tuple(study.regions),
            tr_s=study.tr_s,
            coefficients=np.ascontiguousarray(coefficients, dtype=np.float64),
            intercept=np.asarray(intercept, dtype=np.float64),
            penalties=penalties,
            scores=own,
            has_confounds=any(one.confounds is not None for one in study.recordings),
            n_subjects=len(study.names),
            n_rows=len(task.target_row),
            config=config,
            provenance={**provenance, "config": plain, "config_sha256": key_of(plain), "stages": stages},
            notes=tuple(dict.fromkeys([*provenance.get("notes", ()), *runner.notes])),
            registry=self.registry,
            host=self.host,
        )

    def _causal(self) -> StageChoice:
        """Return the measure with its option `causal` on. Raises ConfigError for one that has none."""
        choice = self.config.stages["connectivity"]
        if choice.is_object:
            raise _not_causal(type(choice.use).__name__)
        if "causal" not in self.registry.offer("connectivity", choice.use).signature.options:
            raise _not_causal(choice.use)
        return attrs.evolve(choice, options={**choice.options, "causal": True})


def _check_linear(decoder: Stage) -> None:
    if not (isinstance(decoder.object, LinearDecoder) and decoder.object.is_linear):
        raise ConfigError(
            "neural_decoder: refit needs a linear kernel-ridge, whose coefficients can be saved, got "
            f"{decoder.name} {decoder.object!r:.100}; set neural_decoder = kernel-ridge and its kernel "
            "= linear",
            path="neural_decoder",
            wanted="a linear kernel-ridge",
            got=decoder.name,
        )


def _not_causal(name: str) -> ConfigError:
    return ConfigError(
        "connectivity: refit(causal=True) needs a measure that has an option `causal` and is given by "
        f"name, such as sliding-window, got {name}",
        path="connectivity",
        wanted="a measure with an option `causal`",
        got=name,
    )


def _fit(decoder: Stage, features: FloatArray, task: DecodingTask) -> FloatArray:
    """Fit the decoder to all rows, penalties chosen by the plan's folds; return those chosen, (n_emotions,)."""
    model: Any = decoder.object
    if isinstance(decoder.object, PlanAware):
        decoder.call("fit_plan", features, task.targets, task.plan, copy=False)
    else:
        decoder.call("fit", features, task.targets, copy=False)
    if not hasattr(model, "penalties_"):
        return np.zeros(len(task.emotions))
    return np.asarray(model.penalties_[model.chosen_], dtype=np.float64)


def _scores(table: pd.DataFrame, *, causal: bool) -> pd.DataFrame:
    found = table[["emotion", *SCORES]].reset_index(drop=True)
    found.insert(1, "causal", causal)
    return found


def _beside(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([one, other], ignore_index=True)
