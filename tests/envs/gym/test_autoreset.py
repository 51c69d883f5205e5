"""When a vector environment of ours begins the next episode, and Gymnasium's wrappers over it."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import vector as wrappers

from armchair.envs.gym.export import ArmGymEnv, ArmVectorEnv
from armchair.envs.gym.registration import register_envs
from armchair.errors import InvalidInput

register_envs()
NEXT = AutoresetMode.NEXT_STEP


def test_next_step_is_what_gymnasiums_own_vector_does_with_the_single_one() -> None:
    theirs, ours = SyncVectorEnv([lambda: ArmGymEnv("push")]), ArmVectorEnv(1, "push", autoreset_mode=NEXT)
    assert theirs.metadata["autoreset_mode"] == ours.metadata["autoreset_mode"] == NEXT
    rng = np.random.default_rng(0)
    assert np.array_equal(theirs.reset(seed=3)[0], ours.reset(seed=3)[0])
    ends = []
    for t in range(130):  # two episodes of 60 steps and the steps that begin new ones
        action = rng.uniform(-1, 1, (1, 4)).astype(np.float32)
        expected, got = theirs.step(action), ours.step(action)
        for one, other in zip(expected[:4], got[:4], strict=True):
            np.testing.assert_array_equal(one, other)
        assert "final_obs" not in got[4]
        ends += [t] if got[3][0] else []
    assert ends == [59, 120]
    theirs.close()
    ours.close()


def test_copies_that_run_do_not_notice_those_that_rest() -> None:
    """Copy 0 leaves the phase of the others; what copies 1 and 2 do is the same whether it rests or not."""
    seen = []
    for mode in (NEXT, AutoresetMode.SAME_STEP):
        env = ArmVectorEnv(3, "reach", autoreset_mode=mode)
        env.reset(seed=1)
        env.arm._clock = env.arm._clock.clone()
        env.arm._clock[0] = 40
        seen.append(np.stack([env.step(np.full((3, 4), 0.3, np.float32))[0][1:] for _ in range(30)]))
        env.close()
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize(
    "wrap",
    [
        wrappers.NormalizeObservation,
        wrappers.FlattenObservation,
        lambda env: wrappers.DtypeObservation(env, np.float64),
        lambda env: wrappers.TransformObservation(env, lambda obs: obs * 2),
        wrappers.RecordEpisodeStatistics,
    ],
)
def test_gymnasiums_wrappers_of_vectors_go_over_it(wrap: type) -> None:
    env = gymnasium.make_vec("armchair/KukaReach-v0", num_envs=2, autoreset_mode=NEXT, max_episode_steps=3)
    wrapped = wrap(env)
    wrapped.reset(seed=0)
    ends = [wrapped.step(wrapped.action_space.sample())[3].all() for _ in range(8)]
    assert ends == [False, False, True, False, False, False, True, False]
    wrapped.close()


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_episodes_of_no_steps_are_refused(steps: int) -> None:
    with pytest.raises(InvalidInput, match="max_episode_steps must be a whole number from 1, or None for 50"):
        ArmVectorEnv(1, "reach", max_episode_steps=steps)


def test_modes_have_names_and_others_are_refused() -> None:
    assert ArmVectorEnv(1, "reach", autoreset_mode="NextStep").metadata["autoreset_mode"] == NEXT
    with pytest.raises(InvalidInput, match=r"must be AutoresetMode\.SAME_STEP or AutoresetMode\.NEXT_STEP"):
        ArmVectorEnv(1, "reach", autoreset_mode=AutoresetMode.DISABLED)
