"""Odd rewards, observations and actions."""

from __future__ import annotations

import numpy as np
import torch
from gymnasium.spaces import (
    Box,
    Dict,
    Discrete,
    Graph,
    MultiBinary,
    MultiDiscrete,
    OneOf,
    Sequence,
    Text,
    Tuple,
)
from odd_plain import case, refused

# ---- rewards

NO_REWARD = "step 1: the reward is None or nan: a simulated teacher judges by it, people can do without"
case("plain")
refused("reward_none", NO_REWARD, reward=lambda self: None)
refused("reward_nan", NO_REWARD, reward=lambda self: np.nan)
refused("reward_huge", "the reward is None or inf", reward=lambda self: 1e300)
refused("reward_late_nan", "step 9: the reward", reward=lambda self: np.nan if self.age == 9 else 1.0)
case("reward_array", reward=lambda self: np.array([[self.place[0]]]))
case("reward_tensor", reward=lambda self: torch.tensor([self.place[0]], requires_grad=True))
case("reward_list", reward=lambda self: [self.place[0]])
case("reward_bool", reward=lambda self: bool(self.place[0] > 0))
refused(
    "reward_two",
    "the reward must be one number, it is an ndarray of shape (2,)",
    reward=lambda self: self.place[:2],
)
refused("reward_text", "the reward must be one number, it is a str: 'good'", reward=lambda self: "good")
refused("reward_complex", "the reward must be one number", reward=lambda self: 1j)

# ---- observations

case("obs_tensor", observe=lambda self: torch.tensor(self.place, requires_grad=True))
case(
    "obs_half",
    observation_space=Box(-9, 9, (3,), np.float16),
    observe=lambda self: self.place.astype(np.float16),
)
case("obs_list", observe=lambda self: list(self.place))
case("obs_single", observation_space=Box(-9, 9, ()), observe=lambda self: self.place[0])
case("obs_column", observe=lambda self: self.place[:, None])
case("obs_out_of_bounds", observation_space=Box(-1e-3, 1e-3, (3,)))
refused(
    "obs_longer",
    "the observation must have shape (3,), by its space; it has (4,)",
    observe=lambda self: np.zeros(4),
)
refused(
    "obs_ragged", "must be numbers of shape (3,), it is a list of 2", observe=lambda self: [[1.0], [1.0, 2.0]]
)
refused("obs_none", "must have shape (3,), by its space; it has ()", observe=lambda self: None)
refused("obs_text", "must be numbers of shape (3,), it is a str: 'here'", observe=lambda self: "here")
refused("obs_still", "did not change in 12 steps of random actions", observe=lambda self: np.ones(3))
refused(
    "obs_inert",
    "episodes with other seeds and other actions were the same",
    observe=lambda self: np.full(3, float(self.age)),
)
refused(
    "obs_nan",
    "step 9: number 1 of the observation is nan",
    observe=lambda self: np.array([0.0, np.nan if self.age == 9 else 0.0, self.place[0]]),
)
refused(
    "obs_nan_at_once",
    "step 0: number 0 of the observation is inf",
    observe=lambda self: np.array([np.inf, 0.0, 0.0]),
)
refused(
    "obs_beyond",
    "number 2 of the observation is 1e+300, too large for float32",
    observe=lambda self: np.array([*self.place[:2], 1e300]),
)
case(
    "obs_tuple",
    observation_space=Tuple((Box(-9, 9, (3,)), Discrete(3))),
    observe=lambda self: [self.place, self.age % 3],
)
case(
    "obs_nested",
    observation_space=Dict(a=Dict(x=Box(-9, 9, (3,)), m=MultiDiscrete([2, 3])), b=MultiBinary(2), t=Text(3)),
    observe=lambda self: {
        "a": {"x": self.place, "m": np.array([1, 2])},
        "b": [0, 1],
        "t": "go",
        "more": object(),
    },
)
NEST = Dict(a=Box(-9, 9, (3,)), b=Box(-9, 9, (2,)))
refused(
    "obs_no_key",
    "the observation has no 'b', which its space promises; it has ['a']",
    observation_space=NEST,
    observe=lambda self: {"a": self.place},
)
refused(
    "obs_wrong_part",
    "the observation['b'] must have shape (2,)",
    observation_space=NEST,
    observe=lambda self: {"a": self.place, "b": self.place},
)
refused(
    "obs_no_dict", "the observation must be a dict, it is an ndarray of shape (3,)", observation_space=NEST
)
refused(
    "obs_discrete_beyond",
    "must be of Discrete(3), it is",
    observation_space=Discrete(3),
    observe=lambda self: 7,
)
refused("space_sequence", "observation_space is Sequence(", observation_space=Sequence(Discrete(2)))
refused("space_graph", "observation_space['g'] is Graph(", observation_space=Dict(g=Graph(Discrete(2), None)))
refused(
    "space_one_of", "the observation must be of OneOf(", observation_space=OneOf((Discrete(2), Discrete(3)))
)
refused("space_empty", "the observation has no numbers", observation_space=Box(-1, 1, (0,)))
refused(
    "space_missing",
    "observation_space must be a gymnasium space, such as a Box, it is None",
    observation_space=None,
)
refused("space_tuple", "observation_space must be a gymnasium space", observation_space=(3,))
refused(
    "space_picture",
    "the observation has 30000 numbers, at most 20000",
    observation_space=Box(0, 255, (100, 100, 3), np.uint8),
)

# ---- actions

BIG = float(np.finfo(np.float32).max)
case("act_bytes", action_space=Box(0, 255, (2,), np.uint8))
case("act_double", action_space=Box(-0.1, 0.1, (2, 1), np.float64))
case("act_scalar", action_space=Box(-1, 1, (), np.float32))
case("act_fixed", action_space=Box(np.zeros(2, np.float32), np.array([0.0, 1.0], np.float32)))
refused("act_unbounded", "action 0 has the bounds [-inf, inf]", action_space=Box(-np.inf, np.inf, (2,)))
refused("act_float_max", "action 0 has the bounds [-3.40", action_space=Box(-BIG, BIG, (2,)))
refused(
    "act_int_max",
    "action 0 has the bounds [-9.22",
    action_space=Box(-(2**63), 2**63 - 1, (2,), np.int64),
)
refused("act_none", "actions must have at least one number", action_space=Box(-1, 1, (0,)))
refused(
    "act_discrete",
    "actions must be a gymnasium Box with finite bounds, this environment has Discrete(3)",
    action_space=Discrete(3),
)
refused("act_dict", "actions must be a gymnasium Box", action_space=Dict(a=Discrete(2)))
refused(
    "act_missing",
    "actions must be a gymnasium Box with finite bounds, this environment has None",
    action_space=None,
)
