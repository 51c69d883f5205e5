"""Environments that break Gymnasium's word in one way each, or come close: `CASES` says what comes of it.

Each is a factory by name, found through this module's `__getattr__`: "odd:reward_none" and the like.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import odd_numbers  # noqa: F401, its cases
import torch
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit
from odd_plain import CASES, LENGTH, REFUSED, Case, Plain, case, raising, refused


def __getattr__(name: str) -> Callable[..., Any]:
    if name in CASES:
        return CASES[name].make
    raise AttributeError(name)


class Wordless(Exception):
    """It cannot even say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError


# ---- the interface


def in_doubles(begun: bool) -> None:
    """Computes in doubles without gradients from the first step on, and relies on it."""
    assert (torch.get_default_dtype() is torch.float64) or not begun
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)


refused(
    "old_step", "which the package shimmy converts", step=lambda self, action: (self.place, 1.0, False, {})
)
refused(
    "old_reset",
    "reset() must return (observation, info), it returned one ndarray",
    reset=lambda self, *, seed=None, options=None: self.place,
)
refused("no_seed", "it must take seed= and options=", reset=lambda self: (self.place, {}))
refused("no_options", "it must take seed= and options=", reset=lambda self, seed=None: (self.place, {}))
refused("step_nothing", "TypeError", step=lambda self, action: None)
refused(
    "step_raises",
    "copy 0, step 1: step() raised ValueError: fell apart (odd_plain.py, line ",
    step=raising(ValueError("fell\n apart")),
)
refused("step_exits", "step() raised SystemExit: 3", step=raising(SystemExit(3)))
refused("step_wordless", "step() raised Wordless (odd_plain.py", step=raising(Wordless()))
refused("reset_raises", "copy 0: reset() raised KeyError: 'x'", reset=raising(KeyError("x")))
refused("ended_at_once", "episodes end with their first step", ended=lambda self: True)
refused("ended_text", "terminated must be True or False, it is a str: 'no'", ended=lambda self: "no")
case("ended_array", ended=lambda self: np.array([self.age > 8]))
case("ended_tensor", ended=lambda self: torch.tensor(self.age > 8))
case("ended_none", ended=lambda self: None)
case("close_raises", close=raising(RuntimeError("cannot close")))
case("noisy", info=lambda self: warnings.warn(f"step {self.age}", stacklevel=1) or print("hello"))
case("strict_numpy", info=lambda self: np.seterr(all="raise"))
case("sets_torch", info=lambda self: in_doubles(self.age > 0))
case("loses_itself", info=lambda self: os.chdir("/") if self.age == 0 else None)

# ---- info

case("info_none", info=lambda self: None)
case("info_ragged", info=lambda self: {"contacts": np.zeros((self.age, 3)), "is_success": self.age > 3})
case(
    "info_odd_keys",
    info=lambda self: {3: object(), "success": np.array([True])} if self.age % 2 else {"success": 0},
)
case("info_words", info=lambda self: {"is_success": "yes", "success": np.zeros(3)})
case("info_none_success", info=lambda self: {"is_success": None})

# ---- pictures

case(
    "picture_none",
    says="will have no pictures: odd:picture_none, copy 0, step 0: render() returned None",
    render=lambda self: None,
)
case("picture_text", says="will have no pictures: odd:picture_text, copy 0", render=lambda self: "a picture")
case("picture_empty", says="will have no pictures", render=lambda self: np.zeros((0, 4, 3), np.uint8))
case("picture_five", says="will have no pictures", render=lambda self: np.zeros((8, 8, 5), np.uint8))
case("picture_raises", says="will have no pictures", render=raising(RuntimeError("no display")))
case(
    "picture_raises_later",
    says="there are no pictures from here on: odd:picture_raises_later, copy 0, step 7: render() raised",
    render=lambda self: raising(OSError("lost"))() if self.age == 7 else Plain.render(self),
)
case("picture_list", render=lambda self: [Plain.render(self)] * 2)
case("picture_cameras", render=lambda self: {"front": Plain.render(self)})
case("picture_rgba", render=lambda self: np.full((24, 32, 4), 90, np.uint8))
case("picture_grey", render=lambda self: Plain.render(self)[..., 0])
case("picture_float", render=lambda self: Plain.render(self) / 255.0)
case("picture_tensor", render=lambda self: torch.tensor(Plain.render(self)).permute(2, 0, 1))
case("picture_changing", render=lambda self: np.full((20 + self.age, 31, 3), 90, np.int64))
case("picture_tiny", render=lambda self: np.full((1, 1, 3), 90, np.uint8))
case("picture_batch", render=lambda self: Plain.render(self)[None])
case(
    "picture_never_wanted",
    says="will have no pictures: render_mode must be 'rgb_array'",
    __init__=lambda self, _=None: Plain.__init__(self),
)
for number, fps in enumerate((None, "12.5", np.int64(5), np.nan, np.inf, -1, 0, "fast")):
    case(f"fps_{number}", metadata={"render_modes": ["rgb_array"], "render_fps": fps})
case("metadata_none", metadata=None)
refused(
    "points_raise", "armchair_points() raised KeyError: 'hand'", armchair_points=raising(KeyError("hand"))
)

# ---- what makes them

ONE = TimeLimit(Plain(), LENGTH)
CASES["same_again"] = Case(lambda: ONE, REFUSED, "odd:same_again gives the same environment again")
CASES["made_nothing"] = Case(lambda: None, REFUSED, "must make a gymnasium.Env, it made a NoneType")
CASES["made_class"] = Case(lambda: Plain, REFUSED, "must make a gymnasium.Env, it made a type")
CASES["make_raises"] = Case(
    raising(OSError("no such scene")), REFUSED, "odd:make_raises: making it raised OSError: no such scene"
)
CASES["make_exits"] = Case(lambda: sys.exit("no licence"), REFUSED, "making it raised SystemExit: no licence")
CASES["make_asks"] = Case(
    lambda robot: robot, REFUSED, "must do without arguments: missing a required argument: 'robot'"
)
CASES["no_limit"] = Case(
    Plain, REFUSED, "no limit of steps: say horizon=, or wrap it in gymnasium.wrappers.TimeLimit"
)
CASES["endless"] = Case(lambda: TimeLimit(Plain(), 10**9), REFUSED, "an episode must have 1 to 100000 steps")
CASES["short"] = Case(
    lambda: TimeLimit(Plain(), 3),
    REFUSED,
    "clip_length must be at most 3, the length of an episode of odd:short; got 5",
)


def _differs(made: list[int] = []) -> Any:  # noqa: B006
    made.append(0)
    env = Plain()
    size = 2 + len(made)
    env.observation_space = Box(-9, 9, (size,))
    env.observe = lambda: np.resize(env.place, size)  # type: ignore[method-assign]
    return TimeLimit(env, LENGTH)


CASES["differs"] = Case(_differs, REFUSED, "odd:differs makes environments that differ")


# ---- what only processes of their own bear


def sleepy() -> Any:
    return _at_five(lambda: time.sleep(600))


def dying() -> Any:
    return _at_five(lambda: os._exit(3))


def _at_five(happens: Callable[[], object]) -> Any:
    env = Plain()
    env.info = lambda: happens() if env.age == 5 else {}  # type: ignore[method-assign]
    return TimeLimit(env, LENGTH)
