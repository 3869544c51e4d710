"""Maximum likelihood over positive parameters, and whether the maximum was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Likelihood = Callable[[Floats], tuple[float, Floats]]

GRADIENT_LIMIT = 1e-6
"""Largest gradient of a maximum: of the mean log-likelihood, by the logarithm of each parameter."""
_LOG_BOUND = 10.0
"""Beyond, a distribution over customers is one point for all that data can tell."""
_POLISH_STEPS = 12
_GOOD_ENOUGH = GRADIENT_LIMIT / 10


class FitRefusedError(ValueError):
    """The data does not determine the parameters; the message says why."""


@dataclass(frozen=True)
class Fit:
    """A maximum: parameters by name, total log-likelihood, the largest gradient left, and whether that is small."""

    parameters: dict[str, float]
    log_likelihood: float
    gradient: float
    converged: bool
    inverse_curvature: Floats = field(compare=False, repr=False, default_factory=lambda: np.zeros((0, 0)))
    """Of the mean log-likelihood by the logarithms: where a fit on more of the same data begins."""

    @property
    def values(self) -> Floats:
        """The parameters in the order of the model."""
        return np.array(list(self.parameters.values()))


def maximise(
    likelihood: Likelihood, names: tuple[str, ...], start: Floats, customers: float, nearby: Fit | None = None
) -> Fit:
    """The maximum of `likelihood`, a function of parameters (all positive) to (sum of log-likelihoods, gradient).

    `nearby` is a fit on a part of the data; it gives the start and the curvature, and saves most of the steps.

    BFGS on the logarithms, and where that stops short Newton steps with differences of the analytic gradient: on the
    flat ridges of these models a line search ends at whatever it can still tell apart.
    """

    def inside(log_parameters: Floats) -> Floats:
        bounded: Floats = np.exp(np.clip(log_parameters, -_LOG_BOUND, _LOG_BOUND))
        return bounded

    def loss(log_parameters: Floats) -> tuple[float, Floats]:
        parameters = inside(log_parameters)
        value, gradient = likelihood(parameters)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return np.inf, np.zeros_like(parameters)
        return -value / customers, -gradient * parameters / customers

    with np.errstate(all="ignore"):
        options: dict[str, Any] = {"gtol": _GOOD_ENOUGH}
        if nearby is not None:
            start, options["hess_inv0"] = nearby.values, nearby.inverse_curvature
        ended = minimize(loss, np.log(start), jac=True, method="BFGS", options=options)
        at = _polish(loss, np.asarray(ended.x))
        value, slope = loss(at)
    largest = float(np.abs(slope).max()) if np.isfinite(value) else np.inf
    parameters = {name: float(number) for name, number in zip(names, inside(at), strict=True)}
    inverse = (ended.hess_inv + ended.hess_inv.T) / 2
    return Fit(parameters, -value * customers, largest, largest <= GRADIENT_LIMIT, inverse)


def _polish(loss: Likelihood, at: Floats) -> Floats:
    value, slope = loss(at)
    for _ in range(_POLISH_STEPS):
        if np.abs(slope).max() <= _GOOD_ENOUGH:
            break
        step = _newton_step(loss, at, slope)
        for shorter in (1.0, 0.3, 0.1, 0.01):
            new_value, new_slope = loss(at - shorter * step)
            # near the maximum the likelihood no longer moves in double precision; the gradient still does
            if new_value < value or np.abs(new_slope).max() < np.abs(slope).max():
                at, value, slope = at - shorter * step, new_value, new_slope
                break
        else:
            break
    return at


def _newton_step(loss: Likelihood, at: Floats, slope: Floats) -> Floats:
    width = 1e-5
    columns = [(loss(at + width * unit)[1] - loss(at - width * unit)[1]) / (2 * width) for unit in np.eye(len(at))]
    hessian = np.array(columns)
    hessian = (hessian + hessian.T) / 2
    if not np.isfinite(hessian).all():
        return slope
    curvature, directions = np.linalg.eigh(hessian)
    damped = np.maximum(np.abs(curvature), 1e-12)
    step = directions @ ((directions.T @ slope) / damped)
    bounded: Floats = np.clip(step, -2.0, 2.0)
    return bounded
