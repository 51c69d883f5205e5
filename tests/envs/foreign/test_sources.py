"""Finding other people's environments, and what is asked of them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.envs.classic_control import PendulumEnv
from gymnasium.spaces import Box, Discrete

from armchair.envs.foreign.importing import import_env
from armchair.errors import InvalidInput


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "a_module_of_arms"
    (tmp_path / f"{name}.py").write_text(
        "import gymnasium\ndef make():\n    return gymnasium.make('Pendulum-v1', g=5.0)\n"
        "def wrong():\n    return 3\n"
        "gymnasium.register('Mine-v0', 'gymnasium.envs.classic_control:PendulumEnv', max_episode_steps=7)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)
    gymnasium.registry.pop("Mine-v0", None)


def test_a_function_or_an_id_in_a_module(own_module: str) -> None:
    made = import_env(f"{own_module}:make")
    assert made._copies.envs[0].unwrapped.g == 5.0  # type: ignore[union-attr]
    assert import_env(f"{own_module}:Mine-v0").horizon == 7
    with pytest.raises(InvalidInput, match=r"must make a gymnasium\.Env, it made a int"):
        import_env(f"{own_module}:wrong")
    with pytest.raises(InvalidInput, match=r"no function 'mak'.*'module:function'"):
        import_env(f"{own_module}:mak")


def test_unknown_names_say_what_would_have_been_right() -> None:
    with pytest.raises(InvalidInput, match="unknown environment 'Pendulm-v1': did you mean 'Pendulum-v1'"):
        import_env("Pendulm-v1")
    if importlib.util.find_spec("metaworld") is None:
        with pytest.raises(InvalidInput, match=r"pip install --no-deps metaworld==3\.1\.1"):
            import_env("metaworld:reach-v3")
    with pytest.raises(InvalidInput, match="cannot import 'no_such_module'"):
        import_env("no_such_module:make")
    with pytest.raises(InvalidInput, match="num_envs must be at least 1 and at most 16384, got 0"):
        import_env("Pendulum-v1", num_envs=0)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (Discrete(3), "must be a gymnasium Box"),
        (Box(-np.inf, np.inf, (2,)), r"action 0 has the bounds \[-inf, inf\]"),
        (Box(np.float32([-1.0, 0.0]), np.float32([1.0, np.inf])), r"action 1 has the bounds \[0\.0, inf\]"),
    ],
)
def test_actions_that_cannot_be_stretched_are_refused(space: gymnasium.Space, message: str) -> None:
    class Odd(PendulumEnv):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = space  # type: ignore[assignment]

    with pytest.raises(InvalidInput, match=message):
        import_env(Odd, horizon=5)


def test_the_length_of_an_episode() -> None:
    assert import_env("Pendulum-v1").horizon == 200
    assert import_env("Pendulum-v1", horizon=300).horizon == 300
    with pytest.raises(InvalidInput, match="no limit of steps: say horizon="):
        import_env(PendulumEnv)
    with pytest.raises(InvalidInput, match="horizon must be at most 200"):
        import_env(lambda: gymnasium.make("Pendulum-v1"), horizon=300)
    short = import_env(lambda: gymnasium.make("Pendulum-v1"), horizon=3)
    short.reset()
    assert [bool(short.step(torch.zeros(1, 1)).truncated) for _ in range(4)] == [False, False, True, False]
