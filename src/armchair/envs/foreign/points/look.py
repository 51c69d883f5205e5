"""Looking at an environment of others for points: proposed ones, or those that are declared."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.copies import told_of
from armchair.envs.foreign.limits import unmoved
from armchair.envs.foreign.mujoco.picture import Shot, take
from armchair.envs.foreign.mujoco.things import names
from armchair.envs.foreign.points.declaration import Declared, is_goal
from armchair.envs.foreign.points.found import find_points
from armchair.envs.foreign.points.propose import Proposal, Proposed, motion, propose
from armchair.envs.foreign.points.scalars import Scalar
from armchair.envs.foreign.points.settle import seen_of, suspicions
from armchair.envs.foreign.points.spaces import Foreign, keys_of, width
from armchair.envs.foreign.points.trial import MOVED, PLACED, Tracks, run_trial
from armchair.envs.foreign.points.witness import telling
from armchair.envs.foreign.sources import check, maker, named

HIDDEN = (
    "no goal is observable: the last numbers of the observation are always 0, as where a goal is hidden; "
    "neither policy nor reward can know where things are to go"
)
NOWHERE = (
    "no goal is observable: nothing stays where it is within an episode and is placed anew in the next; "
    "where the task has a goal, neither policy nor reward can know it"
)
IN_MODEL = (
    "no goal is among the numbers of the observation: the reward is told of it by the model, the policy by "
    "differences: true"
)
MOST_SCALARS = 4
MANY = (
    "{n} numbers move that belong to no point: {numbers}; where one matters, such as a gripper's opening, "
    "--scalars NAME=NUMBER adds it"
)
NO_HAND = "nothing moves in every episode of random actions: no hand was found"


class Looked(NamedTuple):
    """What there is to be told."""

    declared: Declared  # for a configuration
    points: list[Proposed]
    scalars: list[Scalar]  # proposed ones
    goal_observed: bool
    proposed: bool  # by armchair, and not declared by anybody
    words: list[str]  # what seems wrong, a line each
    names: dict[str, list[str]]  # of the things in the model, by kind
    shot: Shot | None  # None where there is no MuJoCo model, or nothing to draw with


def look(source: str, declared: Declared) -> Looked:
    """Play a few episodes of random actions; propose points where none are `declared`, by nobody.

    Raises InvalidInput where the environment cannot be used or what is declared is not there.
    """
    with told_of(named(source)), unmoved():
        return _look(source, declared)


def _look(source: str, declared: Declared) -> Looked:
    trial = maker(source, None, False)()
    try:
        check(trial, None, False)
        trial.reset(seed=0)
        given = declared or find_points(source, trial)
        of_goals = all(str(place).startswith("goal:") for place in given.points.values())
        if declared or (given and not of_goals):
            looked = _declared(source, trial, given)
        else:
            looked = _proposed(trial, propose(run_trial(trial), keys_of(trial)))
        kinds = {"sites": "site", "bodies": "body", "joints": "joint"}
        known = {plural: names(trial, kind) for plural, kind in kinds.items()}
        return looked._replace(names=known, shot=_shot(source, trial, looked.declared))
    finally:
        trial.close()


def _declared(source: str, trial: Foreign, declared: Declared) -> Looked:
    witness = telling(lambda: trial, source, trial, replace(declared, motion=False))()
    found = run_trial(witness)
    values = found.obs[:, width(trial) :][:, : 3 * len(declared.points)]
    tracks = Tracks(values.reshape(len(values), -1, 3), found.first)
    points = [
        Proposed(name, place, str(place) if ":" in str(place) else "", *motion(tracks, i))
        for i, (name, place) in enumerate(declared.points.items())
    ]
    words = suspicions(declared, seen_of(source, trial, declared))
    goal = any(is_goal(p.name, p.source) or (p.most < MOVED and p.placed > PLACED) for p in points)
    return Looked(declared, points, [], goal, False, words, {}, None)


def _proposed(trial: Foreign, proposal: Proposal) -> Looked:
    goal = next((point for point in proposal.points if point.name == "goal"), None)
    words = [] if any(point.name == "hand" for point in proposal.points) else [NO_HAND]
    if not proposal.goal_observed:
        words.append(IN_MODEL if goal else HIDDEN if proposal.hidden else NOWHERE)
    scalars = proposal.scalars
    if len(scalars) > MOST_SCALARS:
        words.append(MANY.format(n=len(scalars), numbers=", ".join(str(one.source) for one in scalars)))
        scalars = []
    in_model = goal is not None and not proposal.goal_observed
    numbers = {scalar.name: scalar.source for scalar in scalars}
    declared = Declared(proposal.sources, numbers, differences=in_model)
    return Looked(declared, proposal.points, scalars, proposal.goal_observed, True, words, {}, None)


def _shot(source: str, trial: Foreign, declared: Declared) -> Shot | None:
    """Of the state after a first step: before it, some environments look at what they have not placed yet."""
    with contextlib.suppress(Exception):  # what it is drawn with may raise anything
        points: NDArray[np.float64] = np.zeros((0, 3))
        if declared.points:
            points = seen_of(source, trial, declared)[0, 1]
        trial.reset(seed=0)
        trial.action_space.seed(0)
        trial.step(trial.action_space.sample())
        return take(trial, points)
    return None
