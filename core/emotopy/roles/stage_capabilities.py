"""Optional capabilities of stages of any role: identity, saving, cost, and where data are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy.typing as npt


@runtime_checkable
class Fingerprinted(Protocol):
    """A stage that identifies everything its output depends on, so that results can be cached.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> one, other = (registry.make("embedder", "static").fingerprint for _ in range(2))
    >>> one == other
    True
    """

    @property
    def fingerprint(self) -> str:
        """Fingerprint of model, checksum of weights and options.

        Stages with equal fingerprints return equal output for equal input.
        """
        ...


@runtime_checkable
class Saves(Protocol):
    """A stage whose fitted state can be saved with the pathway, without pickle, and restored in another process.

    A reducer, a clusterer, a region mapper, and any other stage of the text pathway with a method `fit` must implement
    this protocol if the fitted pathway is to be saved (`FittedTextPathway.save`). The host records owner, name, version
    and options itself, and creates the stage from them before it calls `restore`.

    Examples
    --------
    >>> import numpy as np
    >>> class Centred:
    ...     def fit_transform(self, X):
    ...         self.mean = X.mean(axis=0)
    ...         return self.transform(X)
    ...     def transform(self, X):
    ...         return X - self.mean
    ...     def state(self):
    ...         return {"mean": self.mean}, {}
    ...     def restore(self, arrays, values):
    ...         self.mean = arrays["mean"]
    >>> fitted, again = Centred(), Centred()
    >>> points = fitted.fit_transform(np.arange(6.0).reshape(3, 2))
    >>> again.restore(*fitted.state())
    >>> isinstance(again, Saves), np.array_equal(again.transform(np.arange(6.0).reshape(3, 2)), points)
    (True, True)
    """

    def state(self) -> tuple[Mapping[str, npt.NDArray[Any]], Mapping[str, Any]]:
        """Return the fitted state.

        Returns
        -------
        arrays : mapping of str to ndarray
            Arrays of float64, float32, int64, int32 or bool; floats are finite. Names consist of lower-case letters,
            digits and underscores and start with a letter. The state must not contain input texts or secrets.
        values : mapping of str to JSON
            Strings, finite numbers, booleans, None, lists, and mappings with strings as keys.
        """
        ...

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Restore a fitted state; called once, on a new stage with the options of the fitted one.

        Afterwards the stage returns the same output as the fitted one, to 1e-6.

        Parameters
        ----------
        arrays, values
            Return values of `state`. Check them, because they come from a file that may be damaged or manipulated.

        Raises
        ------
        Exception
            The state is inconsistent. Any exception may be raised; the host adds the names of the model and the stage.
        """
        ...


@attrs.frozen
class Estimate:
    """Estimated cost of a remote stage: upper bounds, because the tokenizer of the service isn't available.

    Parameters
    ----------
    n_texts : int
        Number of texts.
    n_cached : int
        Number of texts whose answers are already in the cache.
    n_tokens : int
        Number of tokens that would be sent.
    n_requests : int
        Number of requests.
    cost_usd : float or None
        Cost in US dollars; None if the price isn't known.

    Examples
    --------
    >>> Estimate(n_texts=1_000, n_cached=400, n_tokens=18_000, n_requests=1, cost_usd=0.0004).cost_usd
    0.0004
    """

    n_texts: int
    n_cached: int
    n_tokens: int
    n_requests: int
    cost_usd: float | None


@runtime_checkable
class Priced(Protocol):
    """A stage that sends texts to a service and can estimate the cost beforehand.

    Examples
    --------
    >>> class PerText:
    ...     def estimate(self, texts):
    ...         return Estimate(len(texts), 0, 100 * len(texts), 1, None)
    >>> isinstance(PerText(), Priced)
    True
    """

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return the estimate without sending anything."""
        ...


@runtime_checkable
class Sends(Protocol):
    """A stage that may send texts to a server; it receives confidential texts only with permission.

    Examples
    --------
    >>> class Elsewhere:
    ...     address = "models.example:443/v1"
    >>> isinstance(Elsewhere(), Sends)
    True
    """

    @property
    def address(self) -> str | None:
        """Host, port and path of the server; None if it runs on this machine, so that no text leaves the machine."""
        ...
