"""The end of a run of wishes: what each weight came to, and the weights that the policy has from now on."""

from __future__ import annotations

import torch

from armchair.config.teach import TeachConfig
from armchair.runs.curve import Curve, write_curve
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.environments import Envs
from armchair.training.policy_learner import PolicyLearner
from armchair.training.reward_learner import RewardLearner
from armchair.training.wishes.curve import chosen, measure
from armchair.training.wishes.learner import WishLearner
from armchair.training.wishes.reward import WishReward

REPORT = 5  # added to a run's seed: its own layouts


def settle_weights(
    run: RunDir,
    config: TeachConfig,
    envs: Envs,
    store: Store,
    policy: PolicyLearner,
    reward: RewardLearner,
) -> Curve | None:
    """Measure the policy at all weights, write the curve, and choose. None where the run has no wishes.

    A weight that the run's owner set holds, on the page, else in the configuration; the others are as large
    as costs next to nothing.
    """
    if not isinstance(policy, WishLearner) or not isinstance(reward, WishReward) or reward.model is None:
        return None
    policy.take_average()
    net = policy.agent.net
    done, rows = measure(envs.report, net, policy.skill, reward, config.seed + REPORT)
    wanted = dict(config.wishes.weights)
    wanted |= {wish.name: wish.weight for wish in store.wishes() if wish.weight is not None}
    free = dict(zip(config.wishes.asked, chosen(done, rows, config.wishes.margin), strict=True))
    weights = tuple((free | {name: wanted[name] for name in free if name in wanted}).values())
    curve = Curve(tuple(config.wishes.asked), tuple(config.wishes.asked.values()), weights, tuple(rows))
    net.weights = torch.tensor(weights)
    write_curve(run, curve)
    return curve
