"""Weights of episodes, in the environment and in the clips."""

from __future__ import annotations

import torch

from armchair.envs.arm_env import make_env
from armchair.maths import generator
from armchair.training.wishes.variety import SMALL, weights_of_pairs
from armchair.training.wishes.weighing import WeighedEnv


def test_an_episode_has_its_weights_to_its_end() -> None:
    """They stand behind every observation, the last of an episode too, and the next episode has others."""
    env = WeighedEnv(make_env("reach", num_envs=6, seed=0), 2, seed=1)
    obs = env.reset()
    assert obs.shape == (6, env.obs_dim)
    first = env.weights
    torch.testing.assert_close(obs[:, -2:], first)
    still = torch.zeros(6, env.action_dim)
    for _ in range(env.horizon - 1):
        step = env.step(still)
        torch.testing.assert_close(step.final_obs[:, -2:], first)
        torch.testing.assert_close(step.obs[:, -2:], first)
    step = env.step(still)
    torch.testing.assert_close(step.final_obs[:, -2:], first)
    assert bool(step.done.all()) and bool((step.obs[:, -2:] != first).any(1).any())
    torch.testing.assert_close(step.obs[:, -2:], env.weights)
    env.close()


def test_some_episodes_are_the_skills_and_a_state_can_be_kept() -> None:
    """A fifth of the weights are 0, the others are spread over 0 to 1; what is kept goes on the same."""
    env = WeighedEnv(make_env("reach", num_envs=2000, seed=0), 1, seed=1)
    none = float((env.weights == 0).float().mean())
    assert 0.15 < none < 0.25 and 0.45 < float(env.weights[env.weights > 0].mean()) < 0.55
    kept = env.tensors()
    following = env.reset()[:, -1]
    env.load_tensors(kept)
    torch.testing.assert_close(env.reset()[:, -1], following)
    env.close()


def test_pairs_differ_in_what_is_asked_about() -> None:
    """Of two that begin alike one has a small weight, the other a larger one; other wishes weigh the same."""
    weights = weights_of_pairs(8, 3, 1, generator(0))
    even, odd = weights[::2], weights[1::2]
    assert bool((even[:, 1] <= SMALL).all()) and bool((odd[:, 1] >= SMALL).all())
    torch.testing.assert_close(even[:, [0, 2]], odd[:, [0, 2]])
