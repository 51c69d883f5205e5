"""The next points of a search, by what came of those before them: Optuna's tree-structured Parzen estimator.

The sampler is made anew for each batch from the points that are known, in their order, with a seed of its
own: so a search that goes on proposes what it would have proposed, with any number of workers.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from armchair.cli.sweeping.plan import Bounds, Setting, Values
from armchair.jsonable import Json

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def ask(
    space: Mapping[str, Values], known: Sequence[tuple[Setting, float]], count: int, seed: int
) -> list[Setting]:
    """The next `count` points; known: those that were tried, and what they are worth (more is better)."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is experimental, steps that do not divide
        sampler = optuna.samplers.TPESampler(
            seed=seed + len(known), multivariate=True, constant_liar=True, n_startup_trials=8
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        within = {key: _distribution(values) for key, values in space.items()}
        for setting, worth in known:
            params = {key: _encoded(space[key], value) for key, value in setting.items()}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=within, value=worth))
        asked = [study.ask(within).params for _ in range(count)]
    return [{key: _decoded(space[key], params[key]) for key in space} for params in asked]


def _distribution(values: Values) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(values, Bounds):
        return CategoricalDistribution([json.dumps(value) for value in values])
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), values.log, int(values.step or 1))
    return FloatDistribution(values.low, values.high, values.log, values.step)


def _encoded(values: Values, value: Json) -> Json:
    """Values of a list may be lists themselves: Optuna gets them as text."""
    return value if isinstance(values, Bounds) else json.dumps(value)


def _decoded(values: Values, value: object) -> Json:
    if isinstance(values, Bounds):
        if values.whole or values.step is not None:
            return cast("int | float", value)
        return min(values.high, max(values.low, float(f"{value:.6g}")))
    return json.loads(str(value))
