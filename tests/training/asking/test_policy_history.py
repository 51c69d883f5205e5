"""Older policies: which are kept, and pairs of films that differ in nothing but the policy."""

from __future__ import annotations

import torch

from armchair.agents.ppo import PPOConfig
from armchair.envs.arm_env import make_env
from armchair.maths import generator
from armchair.training.asking.policy_history import PolicyHistory, dated, film_both, network_of, propose_both
from armchair.training.fixed_reward import new_agent


def test_the_one_to_compare_with_is_a_third_to_half_of_the_answers_old() -> None:
    env = make_env("reach")
    net = new_agent(env, PPOConfig(), 0).net
    history = PolicyHistory()
    for answers in range(200):
        history.keep(answers, 1000 * answers, net)
        older = history.older(answers)
        if older is None:
            assert answers < 12
            continue
        assert older.policy_step == 1000 * older.answers
        age = answers - older.answers
        assert age >= 4
        if answers >= 30:
            assert 0.30 <= age / answers <= 0.55
    assert len(history.versions) < 20
    again = PolicyHistory()
    again.load_tensors(history.tensors())
    assert [kept[:2] for kept in again.versions] == [kept[:2] for kept in history.versions]
    env.close()


def test_a_kept_policy_stays_what_it_was() -> None:
    env = make_env("reach")
    agent, history = new_agent(env, PPOConfig(), 0), PolicyHistory()
    obs = env.reset(seed=1)
    before = agent.net.best(obs).clone()
    history.keep(6, 100, agent.net)
    agent.net.actor.theta += torch.randn(agent.net.actor.theta.shape, generator=generator(0, "x"))
    version = history.older(12)
    assert version is not None
    assert not torch.equal(agent.net.best(obs), before)
    assert torch.allclose(network_of(version, agent.net).best(obs), before, atol=1e-6)
    env.close()


def test_both_play_from_the_same_layout_and_the_clips_say_who() -> None:
    """The older one moves the tool up, the newer one down: it can be seen which clip is whose."""
    env = make_env("reach", num_envs=6, record_poses=True)
    history = PolicyHistory()
    history.keep(6, 100, new_agent(env, PPOConfig(), 0).net)
    version = history.older(12)
    assert version is not None

    def moving(height: float) -> torch.Tensor:
        return torch.tensor([[0.0, 0.0, height, 0.0]]).expand(6, 4)

    episodes, steps = film_both(
        env, lambda obs: moving(0.5), lambda obs: moving(-0.5), 900, generator(0, "progress")
    )
    assert steps == 6 * env.horizon
    pairs = propose_both(episodes, 3, 20, generator(0, "ask"))
    assert len(pairs.left) == 3
    assert len(set((pairs.left_at.env // 2).tolist())) == 3  # three different layouts
    for left, right in dated(pairs, episodes.clips(pairs, generator(0, "ids")), version):
        assert {left.policy_step, right.policy_step} == {100, 900}
        assert left.poses is not None and right.poses is not None
        assert torch.equal(left.poses[0, -1], right.poses[0, -1]) and left.start == right.start
        for clip in (left, right):
            assert clip.poses is not None
            rise = float(clip.poses[-1, 8, 2] - clip.poses[0, 8, 2])
            assert (rise > 0) == (clip.policy_step == 100) or abs(rise) < 0.01
    env.close()
