"""Environments of others by name or by function: made, and given what they turn out to be able to do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from armchair.engines.display.gl import choose_gl
from armchair.envs.foreign.abilities import DrawnPutBackEnv, PosedEnv, PosedPutBackEnv, PutBackEnv
from armchair.envs.foreign.copies import Copies, SerialCopies, told_of
from armchair.envs.foreign.env import DrawnForeignEnv, ForeignEnv, Running
from armchair.envs.foreign.limits import unmoved
from armchair.envs.foreign.mujoco.model import find_model
from armchair.envs.foreign.mujoco.recorder import Recorder
from armchair.envs.foreign.mujoco.trial import can_be_put_back
from armchair.envs.foreign.pace import Paced
from armchair.envs.foreign.points.columns import observed, with_points
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.witness import telling
from armchair.envs.foreign.processes.cluster import RayCopies
from armchair.envs.foreign.processes.workers import WorkerCopies
from armchair.envs.foreign.sources import Factory, check, maker, named
from armchair.errors import ForeignError, InvalidInput, MissingDependency
from armchair.reading.limits import COPIES


class Able(NamedTuple):
    """What was found out about an environment."""

    simulated: bool  # by MuJoCo, in this process
    can_be_put_back: bool


def import_env(
    source: str | Factory,
    *,
    num_envs: int = 1,
    seed: int = 0,
    horizon: int | None = None,
    running: Running | None = None,
    render: bool | Literal["poses"] = False,
    visible: Callable[[Tensor], Tensor] | None = None,
    declared: Declared | None = None,
) -> ForeignEnv:
    """`num_envs` copies of a Gymnasium environment as an environment of ours.

    source: an id ("Pendulum-v1"), an id with the module that registers it ("gymnasium:Pendulum-v1"), the
    place of a function that makes the environment ("my_package.arms:make"), or such a function.
    horizon: length of an episode, if not the environment's own limit. running: in how many processes.
    render: make `frames()` work; a function is given render_mode="rgb_array" if it takes such an argument,
    else it must itself make an environment that draws. "poses": have steps record where bodies are, in place
    of pictures, where MuJoCo simulates the copies in this process. visible: what a person sees, from (N, D)
    observations; all of them by default. declared: points and scalars, which then are what a person sees;
    see `points.declaration`.

    Raises InvalidInput where the environment cannot be found or used, ForeignError where it raises.
    """
    if not 1 <= num_envs <= COPIES:
        raise InvalidInput(f"num_envs must be at least 1 and at most {COPIES}, got {num_envs}")
    workers, limit, ray = running or Running()
    paceless = str(source) if isinstance(source, Paced) else source
    found = Able(False, False) if workers or ray else able(paceless, horizon)
    posed = render == "poses" and found.simulated
    drawn = bool(render) and not posed
    make, name = maker(source, horizon, drawn), named(source)
    with told_of(name), unmoved():
        trial = make()
        try:
            steps = check(trial, horizon, drawn)
            columns = observed(trial, visible)
            if declared is not None and declared:
                if visible is not None:
                    raise InvalidInput("visible= and declared points both say what is seen: leave one out")
                make, columns = telling(make, source, trial, declared), with_points(trial, declared)
        finally:
            trial.close()
    if posed:
        make = recorded(make)
    with unmoved():
        copies: Copies
        if ray:
            copies = RayCopies(make, name, num_envs, max(1, workers), drawn, limit, ray)
        elif workers:
            copies = WorkerCopies(make, name, num_envs, workers, drawn, limit)
        else:
            copies = SerialCopies(make, name, range(num_envs), drawn, limit)
    return kind_of(found, posed=posed, drawn=drawn)(copies, steps, name, columns, seed)


def kind_of(found: Able, *, posed: bool, drawn: bool) -> type[ForeignEnv]:
    """The class with just the abilities that an environment has."""
    if posed:
        return PosedPutBackEnv if found.can_be_put_back else PosedEnv
    if drawn:
        return DrawnPutBackEnv if found.can_be_put_back else DrawnForeignEnv
    return PutBackEnv if found.can_be_put_back else ForeignEnv


@lru_cache(maxsize=64)
def able(source: str | Factory, horizon: int | None = None) -> Able:
    """What an environment turns out to be able to do in this process; found out once.

    Raises what `maker` raises.
    """
    make = maker(source, horizon, False)
    with unmoved(), told_of(named(source)):
        env = make()
        try:
            env.reset(seed=0)
            simulated = find_model(env) is not None
        except ForeignError:  # whoever uses the environment is told
            simulated = False
        finally:
            env.close()
        return Able(simulated, simulated and can_be_put_back(make))


def recorded(make: Factory) -> Factory:
    """What makes copies that note where their bodies are."""
    return lambda: Recorder(make())


def why_no_pictures(source: str | Factory) -> str | None:
    """Draw the environment twice. -> why that cannot be done here, in a line; None where it can."""
    with contextlib.suppress(MissingDependency):  # not all environments draw with OpenGL
        choose_gl()
    try:
        env = import_env(source, render=True)
        try:
            assert isinstance(env, DrawnForeignEnv)
            env.reset(seed=0)
            env.draw()
            env.step(torch.zeros(1, env.action_dim))
            env.draw()
        finally:
            env.close()
    except Exception as error:  # other people's code, and what it draws with, may raise anything
        return " ".join(str(error).split()) or type(error).__name__
    return None
