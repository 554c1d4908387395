"""Parameters that hold a stage: a name, a table, or an object; its options are set as `parameter__option`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator


class StageParameters(BaseEstimator):
    """An estimator whose parameters named in `TABLES` hold stages.

    Such a parameter is None (what the preset chooses), a name, a table ``{"use": name, option: value}``, a table
    without ``use`` (options for what the preset chooses), or an object. `set_params` and `GridSearchCV` reach the
    options of the first four as ``parameter__option``, those of a scikit-learn estimator as scikit-learn does. Names
    and values are checked by `fit`.
    """

    TABLES: ClassVar[tuple[str, ...]] = ()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Return the options that tables hold, too, as ``parameter__option``, and the parameters of estimators.

        Returns
        -------
        dict
        """
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            for name in self.TABLES:
                table = found[name]
                if isinstance(table, Mapping):
                    found |= {f"{name}__{option}": value for option, value in table.items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and options of stages as ``parameter__option``.

        Parameters
        ----------
        **params
            Values by name. A stage that is named beside its options is set first. Tables are replaced, not changed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            There is no such parameter, or an option is set of an object that has no parameters.
        """
        nested = {key: value for key, value in params.items() if key.partition("__")[0] in self.TABLES and "__" in key}
        super().set_params(**{key: value for key, value in params.items() if key not in nested})
        for key, value in nested.items():
            name, _, option = key.partition("__")
            held = getattr(self, name)
            if held is None or isinstance(held, (str, Mapping)):
                setattr(self, name, _with_option(held, option.split("__"), value))
            elif hasattr(held, "get_params") and not isinstance(held, type):
                held.set_params(**{option: value})
            else:
                raise ValueError(
                    f"{key}: {type(self).__name__}.{name} is a {type(held).__name__}, which has no parameters to set; "
                    "give a name or a table with `use` instead"
                )
        return self


def _with_option(held: Any, path: list[str], value: Any) -> Any:
    """Return a new table like `held` (None, a name, or a table), in which the option at `path` has the value."""
    if not path:
        return value
    table = dict(held) if isinstance(held, Mapping) else {} if held is None else {"use": held}
    return {**table, path[0]: _with_option(table.get(path[0]), path[1:], value)}


def plain(value: Any) -> Any:
    """Return a parameter with Python's numbers and lists in place of NumPy's, which grids of parameters are full of.

    >>> plain({"use": "pca", "n_components": np.int64(3)})
    {'use': 'pca', 'n_components': 3}
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value
