"""Neural decoder `kernel-ridge`: ridge in a kernel's space, one penalty per emotion, cross-validated exactly.

Defaults: the linear kernel, since it can be explained, and 15 penalties from 0.01 to 100,000 times the features'
variance per row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, NeuralDecoder

PENALTIES = tuple(10 ** (-2 + exponent / 2) for exponent in range(15))
"""logspace(−2, 5, 15)."""


@hookimpl
def register_neural_decoders() -> Mapping[str, Factory[NeuralDecoder]]:
    return {"kernel-ridge": kernel_ridge}


def kernel_ridge(
    kernel: Literal["linear", "rbf"] = "linear",
    gamma: float | None = None,
    penalties: Sequence[float] = PENALTIES,
    host: Host | None = None,
) -> NeuralDecoder:
    """Kernel ridge with an unpenalised intercept; penalties are chosen per emotion by an inner split of the outer kind.

    `kernel` is `linear` or `rbf`, exp(−gamma · squared distance). `gamma` left out is 1 / median of the squared
    distances of the training windows: a thing learnt across subjects, so the model is then refitted for every fold,
    which takes far longer than a gamma that is given. `penalties` are relative to the variance per row of the features
    (trace of the centred kernel / number of rows); one alone is not chosen among. Raises ConfigError for penalties or
    a gamma that are not positive, and for a gamma that the linear kernel has no use for.
    """
    tried = sorted({float(penalty) for penalty in penalties})
    if not tried or not tried[0] > 0:
        raise ConfigError(f"neural_decoder.penalties: wanted numbers above 0, got {list(penalties)}")
    if gamma is not None and (kernel == "linear" or not gamma > 0):
        raise ConfigError(
            f"neural_decoder.gamma: wanted a number above 0 and kernel = 'rbf', got {gamma:g} and kernel = {kernel!r}"
        )
    from emotopy_plugins.neural_decoders.kernel_ridge_regressor import ExactKernelRidge, KernelRidgeRegressor

    if kernel == "rbf" and gamma is None:
        (host or Host()).notify(
            "neural_decoder kernel-ridge: gamma is 1 / median squared distance of the training windows; as it is "
            "learnt across subjects, the model is refitted for every fold (give gamma a number to avoid that)"
        )
        return KernelRidgeRegressor(kernel, gamma=None, penalties=tuple(tried))
    return ExactKernelRidge(kernel, gamma=gamma, penalties=tuple(tried))
