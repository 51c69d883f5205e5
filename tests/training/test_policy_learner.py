"""How the policy of a run acts."""

from __future__ import annotations

import pytest

from armchair.config.read import with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.training.policy_learner import PolicyLearner


@pytest.mark.parametrize(("beta", "lasting"), [(0.0, False), (1.0, True)])
def test_noise_lasts_over_steps_where_that_is_wanted(short: TeachConfig, beta: float, lasting: bool) -> None:
    config = with_flags(short, {"ppo.noise_beta": beta, "practice.rollout": 32})
    env = resolve_task(config.task).make(config.practice.num_envs, config.env)
    noise = PolicyLearner(config, env).act()[0].action  # of one that knows nothing, whose mean is about 0
    env.close()
    alike = float((noise[1:] * noise[:-1]).mean() / noise.square().mean())
    assert (alike > 0.4) == lasting and (abs(alike) < 0.1) != lasting
