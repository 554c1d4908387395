"""The text pathway as a scikit-learn transformer: texts → values of regions and emotions, one row per text."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from emotopy.config.config import LARGEST_SEED
from emotopy.errors import ConfigError, InputError, unfit_value
from emotopy.pathways.load import load
from emotopy.pathways.text.fitted import FittedTextPathway
from emotopy.pathways.text.pathway import TextPathway
from emotopy.pathways.text.screening import screen_rows
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import as_corpus
from emotopy.readers.in_memory import as_cells, as_frame, class_name, is_table
from emotopy.readers.segmentation import segment_texts
from emotopy.records import Corpus, FloatArray
from emotopy.running.secrecy import without_messages
from emotopy.running.uploads import check_no_upload
from emotopy.sklearn.stage_parameters import StageParameters, plain

OUTPUTS = ("regions", "emotions", "both")
MISSING = ("nan", "zero", "error")
SAVED = "saved_"
"""In a pickle, the files of the saved model in place of the fitted pathway."""


class EmotionMapper(TransformerMixin, StageParameters):
    """Map texts onto brain regions and emotions, with one row of numbers per text.

    `fit` fits the stages of the text pathway (see `emotopy.map_texts`) to texts; `transform` maps texts without
    fitting. The values equal those in the table of texts: the profile of each region, standardised against the mapper's
    reference, and the intensity of each emotion. The values of a text don't depend on the other texts.
    `fit_transform(X)` returns the same as `fit(X).transform(X)`, but embeds each text only once.

    Parameters
    ----------
    embedder, reducer, clusterer, intensity_scorer, region_mapper, atlas : str, dict, object or None, default=None
        The stages. None selects the stage of the preset. Otherwise a name; a table of a name and options, ``{"use":
        "evidence", "beta": 3}``; a table without ``use``, with options for the preset's stage; or an object that
        implements the protocol of the role, such as a scikit-learn reducer. `set_params` and parameter grids set
        options as ``region_mapper__beta``.
    preset : str or None, default=None
        Preset of stages and options; None means ``recommended``.
    config : dict or None, default=None
        Further keys of the configuration, such as ``{"segment": "none", "language": "any"}``, set as
        ``config__segment``.
    output : {"regions", "emotions", "both"}, default="both"
        Which columns to return; regions come first.
    missing : {"nan", "zero", "error"}, default="nan"
        Values in rows of texts that the stages can't read, because they are empty or in an unknown language or contain
        no known word. ``nan`` returns NaN; ``zero`` returns 0, which is the mean of the reference for a region and no
        intensity for an emotion; with ``error``, `transform` raises InputError. `status` gives the reason for each
        text.
    allow_upload : bool, default=False
        Allow stages to send texts of a DataFrame that is marked as confidential to their servers.
    cache : str, Path or None, default=None
        Folder that caches finished stages between fits.
    random_state : int, RandomState instance or None, default=0
        Seed for all random numbers. None uses a new seed in every fit.

    Attributes
    ----------
    regions_ : tuple of str
        Names of the regions, or of the nodes with ``config = {"level": "node"}``.
    emotions_ : tuple of str
        Names of the emotions.
    notes_ : tuple of str
        Notes on the fit: licences, fallbacks, the reference, and texts that were set aside.
    fitted_ : FittedTextPathway
        The fitted pathway. ``fitted_.save(directory)`` saves it; ``fitted_.result`` holds the tables for the texts of
        the fit.

    Examples
    --------
    >>> texts = ["I am so happy today", "What was that noise? I am scared", "We all miss her"]
    >>> mapper = EmotionMapper(reducer="none", clusterer={"use": "kmeans", "n_clusters": 2})
    >>> mapper.fit_transform(texts).shape
    (3, 28)
    >>> list(mapper.get_feature_names_out()[[0, -1]])
    ['profile_amygdala', 'emotion_negative']
    """

    TABLES: ClassVar[tuple[str, ...]] = (*TextPathway.ROLES_USED, "config")

    def __init__(
        self,
        embedder: Any = None,
        reducer: Any = None,
        clusterer: Any = None,
        intensity_scorer: Any = None,
        region_mapper: Any = None,
        atlas: Any = None,
        *,
        preset: str | None = None,
        config: Mapping[str, Any] | None = None,
        output: str = "both",
        missing: str = "nan",
        allow_upload: bool = False,
        cache: str | Path | None = None,
        random_state: Any = 0,
    ) -> None:
        self.embedder = embedder
        self.reducer = reducer
        self.clusterer = clusterer
        self.intensity_scorer = intensity_scorer
        self.region_mapper = region_mapper
        self.atlas = atlas
        self.preset = preset
        self.config = config
        self.output = output
        self.missing = missing
        self.allow_upload = allow_upload
        self.cache = cache
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Fit the stages to texts.

        Parameters
        ----------
        X : list, Series or array of str, shape (n_texts,); or a DataFrame or array of one column
            Texts. Missing texts count as empty.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ConfigError
            A parameter, the name of a stage or an option is invalid.
        InputError
            X contains no texts, or the stages can read less than half of them.
        PluginError, ProviderError, MissingExtra
            A stage can't be created or fails.
        """
        return self._fit(*_corpus_of(X))

    def _fit(self, corpus: Corpus, is_secret: bool) -> Self:
        self._check_choices()
        pathway = self._pathway()
        if is_secret:
            check_no_upload(pathway, allow_upload=self.allow_upload)
        with _quiet(is_secret=is_secret):
            self.fitted_ = pathway.fit(corpus, no_texts=is_secret)
        self.regions_ = self.fitted_.mapped.targets
        self.emotions_ = self.fitted_.mapped.intensities.emotions
        self.notes_ = tuple(self.fitted_.result.notes)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Map texts with the fitted stages.

        Parameters
        ----------
        X : list, Series or array of str, shape (n_texts,); or a DataFrame or array of one column
            Texts.

        Returns
        -------
        array of shape (n_texts, n_features_out)
            float64 values. `missing` determines the rows of texts that the stages can't read.

        Raises
        ------
        ConfigError
            The texts are marked as confidential, and a stage would send them to a server.
        InputError
            X contains no texts, or, with ``missing="error"``, a text that the stages can't read.
        """
        check_is_fitted(self)
        return self._transform(*_corpus_of(X))

    def _transform(self, corpus: Corpus, is_secret: bool) -> FloatArray:
        self._check_choices()
        if is_secret:
            check_no_upload(self.fitted_.pathway, allow_upload=self.allow_upload)
        with _quiet(is_secret=is_secret):
            scored = self._screened(corpus).scored
            regions, emotions = self._empty(len(corpus))
            if len(scored):
                mapped = self.fitted_.transform(corpus.take(scored)).mapped
                regions[scored] = mapped.mapping.profile
                emotions[scored] = np.where(mapped.has_intensity[:, None], mapped.intensities.by_emotion, np.nan)
        return self._columns(regions, emotions, corpus)

    def fit_transform(self, X: Any, y: Any = None) -> FloatArray:  # noqa: ARG002
        """Fit the stages and map the same texts; like ``fit(X).transform(X)``, but embed each text once.

        Parameters
        ----------
        X, y
            As for `fit`.

        Returns
        -------
        array of shape (n_texts, n_features_out)
        """
        corpus, is_secret = _corpus_of(X)  # once: a query or a reader may not give its rows again
        fitted = self._fit(corpus, is_secret).fitted_
        if not len(fitted.embedded) or len(fitted.fits) > 1:
            return self._transform(corpus, is_secret)  # of a large corpus no embeddings are kept
        mapped, (fit,) = fitted.mapped, fitted.fits.values()
        scored, regions, emotions = mapped.scored, *self._empty(len(corpus))
        with _quiet(is_secret=is_secret):
            languages = [mapped.language[row] for row in scored]
            cut = segment_texts([corpus.text[row] for row in scored], fitted.pathway.config.segment, languages)
            regions[scored] = cut.mean(fit.map_new(fitted.embedded, fitted.embedded)[0].profile)
        emotions[scored] = np.where(mapped.has_intensity[:, None], mapped.intensities.by_emotion, np.nan)
        return self._columns(regions, emotions, corpus)

    def status(self, X: Any) -> npt.NDArray[Any]:
        """Return whether the stages can read each text.

        Parameters
        ----------
        X : list, Series or array of str, shape (n_texts,); or a DataFrame or array of one column
            Texts.

        Returns
        -------
        array of shape (n_texts,)
            ``scored``, ``empty``, ``unknown-language`` or ``unknown-words``, as in the table of texts.
        """
        check_is_fitted(self)
        return np.array(self._screened(_corpus_of(X)[0]).status, dtype=object)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ARG002
        """Return the names of the columns.

        Parameters
        ----------
        input_features : ignored
            Ignored, because texts have no named features.

        Returns
        -------
        array of shape (n_features_out,)
            ``profile_<region>`` and ``emotion_<name>``, as in the table of texts.
        """
        check_is_fitted(self)
        regions = [f"profile_{name}" for name in self.regions_] if self.output != "emotions" else []
        emotions = [f"emotion_{name}" for name in self.emotions_] if self.output != "regions" else []
        return np.array(regions + emotions, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True  # a missing text
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the fitted pathway as the files that its `save` writes, without texts."""
        state: dict[str, Any] = dict(super().__getstate__())
        fitted = state.pop("fitted_", None)
        if fitted is None:
            return state
        with TemporaryDirectory() as folder:
            saved = Path(folder) / "model"
            try:
                fitted.save(saved, notify=_nobody)
            except Exception as error:
                error.add_note(
                    "A fitted EmotionMapper is pickled and copied in the form that "
                    "FittedTextPathway.save writes (docs/save-and-load.md): its stages must be given "
                    "by name and implement emotopy.roles.Saves. Otherwise pickle it before fit."
                )
                raise
            state[SAVED] = {path.name: path.read_bytes() for path in sorted(saved.iterdir())}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled; raises as `emotopy.load` where stages aren't installed, or give other numbers."""
        state = dict(state)
        files = state.pop(SAVED, None)
        super().__setstate__(state)
        if files is None:
            return
        with TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / Path(name).name).write_bytes(content)
            self.fitted_ = self._loaded(Path(folder))

    def _loaded(self, folder: Path) -> FittedTextPathway:
        """Return the saved pathway; files and secrets that it doesn't hold come from the parameters."""
        options: dict[str, Any] = {}
        while True:
            try:
                found = load(folder, options=options, allow_upload=True)  # as the one that was pickled was allowed to
            except ConfigError as error:
                given = self._option(error.path)
                if error.path in options or given is None:
                    raise
                options[error.path] = given
            else:
                assert isinstance(found, FittedTextPathway)
                return found

    def _option(self, path: str) -> Any:
        """Return the option that the parameters have at `role.option`, None where there is none."""
        role, *names = path.split(".")
        if role not in TextPathway.ROLES_USED:
            return None
        held = getattr(self, role) if getattr(self, role) is not None else (self.config or {}).get(role)
        for name in names:
            held = held.get(name) if isinstance(held, Mapping) else None
        return held

    def _pathway(self) -> TextPathway:
        stages = {role: getattr(self, role) for role in TextPathway.ROLES_USED}
        if not isinstance(self.config, Mapping | None):
            raise unfit_value("config", "a dict of keys of the configuration", self.config, class_name(self.config))
        layers = [dict(self.config or {}), {role: value for role, value in stages.items() if value is not None}]
        return TextPathway.from_layers(
            [plain(layer) for layer in layers], preset=self.preset, seed=self._seed(), cache=self.cache
        )

    def _seed(self) -> int:
        given = self.random_state
        if isinstance(given, numbers.Integral):
            return int(given)
        return int(check_random_state(given).randint(0, LARGEST_SEED, dtype=np.int64))

    def _check_choices(self) -> None:
        for name, choices in (("output", OUTPUTS), ("missing", MISSING)):
            value = getattr(self, name)
            if value not in choices:
                raise unfit_value(name, f"one of {', '.join(choices)}", value, repr(value))

    def _screened(self, corpus: Corpus) -> Any:
        fitted = self.fitted_
        return screen_rows(corpus, fitted.embedder, fitted.scorer, fitted.pathway.config.language)

    def _empty(self, n_texts: int) -> tuple[FloatArray, FloatArray]:
        return np.full((n_texts, len(self.regions_)), np.nan), np.full((n_texts, len(self.emotions_)), np.nan)

    def _columns(self, regions: FloatArray, emotions: FloatArray, corpus: Corpus) -> FloatArray:
        """Return the columns that were asked for, with what stands in place of missing values."""
        parts = {"regions": [regions], "emotions": [emotions], "both": [regions, emotions]}[self.output]
        found = np.hstack(parts)
        missing = np.isnan(found).any(axis=1)
        if self.missing == "zero":
            found[np.isnan(found)] = 0.0
        elif self.missing == "error" and missing.any():
            row = int(np.flatnonzero(missing)[0])
            what = self._screened(corpus.take([row])).status[0]
            got = "a text without intensity" if what == "scored" else what
            raise InputError(
                f"texts: {int(missing.sum()):,} of {len(found):,} texts have no value, row {row + 1} "
                f"first: wanted a text that the stages can read, got {got}; leave them out, or set "
                "missing='zero' or missing='nan'",
                row=row + 1,
                wanted="a text that the stages can read",
                got=got,
                advice="leave them out, or set missing='zero' or missing='nan'",
            )
        return found


def _corpus_of(X: Any) -> tuple[Corpus, bool]:
    """Return the texts, and whether they are marked as confidential.

    Raises InputError for what is no column of texts; messages hold none of them.
    """
    is_secret = is_confidential(X)  # pandas keeps the mark in a column, too
    if isinstance(X, (str, bytes, Mapping)):
        raise _no_column(f"one {class_name(X)}")
    if is_table(X):
        frame = as_frame(X, "texts", asked=None)
        if frame.shape[1] != 1:
            raise _no_column(f"{class_name(X)} of shape {frame.shape}")
        X = frame.iloc[:, 0]
    elif isinstance(X, np.ndarray) and X.ndim != 1:
        if X.ndim != 2 or X.shape[1] != 1:
            raise _no_column(f"{class_name(X)} of shape {X.shape}")
        X = X[:, 0]
    return as_corpus(as_cells(X, "texts")), is_secret


def _no_column(got: str) -> InputError:
    wanted = "a list, a Series or a column of texts"
    return InputError(
        f"texts: wanted {wanted}, got {got}; name one column, as ColumnTransformer does with a name",
        wanted=wanted,
        got=got,
        advice="name one column",
    )


def _quiet(*, is_secret: bool) -> AbstractContextManager[None]:
    """Return what keeps the texts out of messages where they are confidential."""
    return without_messages(no_texts=True) if is_secret else nullcontext()


def _nobody(message: str) -> None:
    """Tell nobody."""
