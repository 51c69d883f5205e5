"""Reach for peers that stand on Stable-Baselines3: the environment, and how they are judged."""

from __future__ import annotations

import numpy as np
import torch
from gymnasium.spaces import Box
from imitation.rewards.reward_nets import RewardNet
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from armchair.envs.arm_env import OBS_LIMIT, ArmEnv, make_env
from armchair.evaluate import evaluate

EPISODES = 100
PAIRS = 1000  # held out

Floats = NDArray[np.float32]


class ReachVecEnv(VecEnv):
    """Copies of reach as SB3 wants them; counts the steps."""

    def __init__(self, num_envs: int, seed: int, scale: float = 1.0) -> None:
        self.arm, self.steps, self._scale, self._start = make_env("reach", num_envs=num_envs), 0, scale, seed
        seen = Box(-OBS_LIMIT, OBS_LIMIT, (self.arm.obs_dim,), np.float32)
        super().__init__(num_envs, seen, Box(-1.0, 1.0, (self.arm.action_dim,), np.float32))
        self._action, self._begun = torch.zeros(0), False

    def reset(self) -> Floats:
        """First observations (N, D); the seed counts the first time."""
        obs = self.arm.reset(None if self._begun else self._start)
        self._begun = True
        return obs.numpy()

    def step_async(self, actions: Floats) -> None:
        """Keep the actions (N, A) for `step_wait`."""
        self._action = torch.from_numpy(np.array(actions, np.float32))

    def step_wait(self) -> tuple[Floats, Floats, NDArray[np.bool_], list[dict]]:
        """Observations, the task's own reward, ends and what SB3 wants to know of an end."""
        step = self.arm.step(self._action)
        self.steps += self.num_envs
        infos: list[dict] = [{} for _ in range(self.num_envs)]
        for i in step.done.nonzero().squeeze(1).tolist():
            infos[i]["terminal_observation"] = step.final_obs[i].numpy()
            infos[i]["TimeLimit.truncated"] = bool(step.truncated[i])
        return step.obs.numpy(), self._scale * step.reward.numpy(), step.done.numpy(), infos

    def close(self) -> None:
        """Close the environment."""
        self.arm.close()

    def get_attr(self, attr_name: str, indices: object = None) -> list[object]:
        """Nothing is there to be asked for."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: object, indices: object = None) -> None:
        """Nothing is there to be set."""

    def env_method(self, method_name: str, *args: object, **kwargs: object) -> list[object]:
        """Nothing is there to be called."""
        return []

    def env_is_wrapped(self, wrapper_class: object, indices: object = None) -> list[bool]:
        """It is wrapped in nothing."""
        return [False] * self.num_envs


def judge(agent: PPO, seed: int) -> tuple[float, float]:
    """Success at the end and return over EPISODES, on the layouts that judge our runs of this seed."""
    env = make_env("reach", num_envs=EPISODES)
    found = evaluate(
        env,
        lambda obs: torch.from_numpy(agent.predict(obs.numpy(), deterministic=True)[0]),
        EPISODES,
        seed + 2,
    )
    env.close()
    return found.success.value, found.total.value


def heldout(net: RewardNet, agent: PPO | None, clip: int, seed: int) -> float:
    """Share of new pairs of clips that the reward puts in the true order, in [0, 1].

    With an agent clips of its episodes as it explores; without, half of episodes with random actions, half
    of noisy scripted ones, the same for every run of a seed.
    """
    env, rng = make_env("reach", num_envs=EPISODES), np.random.default_rng(seed + 5000)
    obs, learned, true = env.reset(seed + 5000), [], []
    for _ in range(env.horizon):
        action = motion(env, rng) if agent is None else agent.predict(obs.numpy())[0]
        step = env.step(torch.from_numpy(action))
        learned.append(net.predict(obs.numpy(), action, step.final_obs.numpy(), step.done.numpy()))
        true.append(step.reward.numpy())
        obs = step.obs
    env.close()
    first = rng.integers(0, env.horizon - clip + 1, (2, PAIRS))
    copy = rng.integers(0, EPISODES, (2, PAIRS))
    rows = first[..., None] + np.arange(clip)
    gaps = [np.diff(np.array(r)[rows, copy[..., None]].sum(-1), axis=0)[0] for r in (learned, true)]
    return float((np.sign(gaps[0]) == np.sign(gaps[1])).mean())


def motion(env: ArmEnv, rng: np.random.Generator) -> Floats:
    """Actions (N, A): random for the first half of the copies, scripted with noise for the others."""
    action = rng.uniform(-1.0, 1.0, (env.num_envs, env.action_dim)).astype(np.float32)
    half = env.num_envs // 2
    action[half:] = np.clip(0.5 * action[half:] + env.script().numpy()[half:], -1.0, 1.0)
    return action
