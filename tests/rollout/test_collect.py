from __future__ import annotations

import torch
from torch import Tensor

from armchair.rollout.collect import Running, collect
from armchair.types import Step, VisibleLayout


class Scripted:
    """Two copies: the first's episodes last 3 steps, the second's end with a failure at their 2nd.

    Observations count up from 0 in each episode; the reward is 1 in the first copy and 10 in the second;
    success holds at the second step of each episode.
    """

    num_envs, obs_dim, action_dim, horizon, dt, diverged = 2, 1, 1, 3, 0.1, 0
    layout = VisibleLayout((), ("clock",))
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.clock = torch.zeros(2)

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        self.clock = torch.zeros(2)
        return self.clock.unsqueeze(1)

    def step(self, action: Tensor) -> Step:
        clock = self.clock + 1
        terminated = torch.tensor([False, bool(clock[1] == 2)])
        truncated = torch.tensor([bool(clock[0] == 3), False])
        self.clock = torch.where(terminated | truncated, 0.0, clock)
        return Step(
            obs=self.clock.unsqueeze(1),
            reward=torch.tensor([1.0, 10.0]),
            terminated=terminated,
            truncated=truncated,
            final_obs=clock.unsqueeze(1),
            success=clock == 2,
            visible=100.0 * clock.unsqueeze(1),
        )

    def close(self) -> None: ...


def act(obs: Tensor) -> tuple[Tensor, Tensor]:
    return -obs, 0.5 * obs.squeeze(1)


def test_a_rollout_keeps_what_was_before_and_after_each_step() -> None:
    env = Scripted()
    rollout, _ = collect(env, act, 4, Running(env.reset()))
    assert rollout.obs.squeeze(-1).T.tolist() == [[0, 1, 2, 0], [0, 1, 0, 1]]
    assert rollout.final_obs.squeeze(-1).T.tolist() == [[1, 2, 3, 1], [1, 2, 1, 2]]
    assert torch.equal(rollout.action, -rollout.obs)
    assert torch.equal(rollout.log_prob, 0.5 * rollout.obs.squeeze(-1))
    assert rollout.truncated.T.tolist() == [[False, False, True, False], [False] * 4]
    assert rollout.terminated.T.tolist() == [[False] * 4, [False, True, False, True]]


def test_the_true_reward_is_given_only_when_asked_for() -> None:
    env = Scripted()
    none, _ = collect(env, act, 4, Running(env.reset()))
    assert not none.reward.any()
    own, _ = collect(env, act, 4, Running(env.reset()), reward="task")
    assert own.reward.T.tolist() == [[1.0] * 4, [10.0] * 4]
    scored, _ = collect(env, act, 4, Running(env.reset()), reward=lambda seen: 2.0 * seen.squeeze(-1))
    assert scored.reward.T.tolist() == [[200.0, 400.0, 600.0, 200.0], [200.0, 400.0, 200.0, 400.0]]
    # nothing else of what is kept differs: there is no other way in
    for field in ("obs", "action", "log_prob", "final_obs", "visible"):
        assert torch.equal(getattr(none, field), getattr(own, field))


def test_episodes_are_counted_across_calls() -> None:
    env = Scripted()
    running = Running(env.reset())
    _, none = collect(env, act, 1, running)
    assert len(none.copy) == 0
    _, ended = collect(env, act, 4, running)  # steps 2 to 5
    assert ended.copy.tolist() == [1, 0, 1]
    assert ended.length.tolist() == [2, 3, 2]
    assert ended.total.tolist() == [20.0, 3.0, 20.0]
    assert ended.success.tolist() == [True, False, True]
    assert ended.ever.tolist() == [True, True, True]


def test_counts_can_be_put_away_and_taken_up_again() -> None:
    env = Scripted()
    running = Running(env.reset())
    collect(env, act, 2, running)
    other = Running(torch.zeros(2, 1))
    other.load_tensors(running.tensors())
    _, ended = collect(env, act, 1, other)
    assert (ended.copy.tolist(), ended.length.tolist(), ended.total.tolist()) == ([0], [3], [3.0])
    assert running.length.tolist() == [2, 0]  # what was put away is a copy


def test_a_watcher_sees_every_step() -> None:
    env, seen = Scripted(), list[tuple[Tensor, Step]]()
    rollout, _ = collect(
        env, act, 3, Running(env.reset()), watch=lambda action, step: seen.append((action, step))
    )
    assert torch.equal(torch.stack([action for action, _ in seen]), rollout.action)
    assert torch.equal(torch.stack([step.visible for _, step in seen]), rollout.visible)
