"""Once all is asked a policy comes to rest: smaller steps, and in the end the average of the latest."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch

from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import PPOConfig, UpdateStats
from armchair.agents.resting import AVERAGED, Average, slowed
from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.store.store import Store
from armchair.training.policy_learner import PolicyLearner
from armchair.training.setup import make_trainer
from armchair.training.trainer import Trainer
from armchair.types import Rollout


def nets(count: int) -> list[ActorCritic]:
    """Small networks, the k-th of which has biases of k in its actor's last layer."""
    made = [ActorCritic(2, 1, (3,), 0.5, generator(seed, "net")) for seed in range(count)]
    for k, net in enumerate(made):
        net.actor.layers[-1].bias.fill_(float(k))
    return made


def test_the_average_is_the_plain_mean_and_later_lets_the_oldest_fade() -> None:
    average, made = Average(), nets(AVERAGED + 1)
    for net in made[:AVERAGED]:
        average.take_in(net)
    acting = nets(1)[0]
    average.put_into(acting)
    for name, value in acting.tensors().items():
        if value.is_floating_point():
            mean = torch.stack([net.tensors()[name] for net in made[:AVERAGED]]).mean(0)
            torch.testing.assert_close(value, mean)
    average.take_in(made[AVERAGED])
    average.put_into(acting)
    before = (AVERAGED - 1) / 2
    assert float(acting.actor.layers[-1].bias) == pytest.approx(before + (AVERAGED - before) / AVERAGED)


def test_an_average_goes_on_from_its_tensors_and_keeps_no_hold_on_the_network() -> None:
    average, (one, other) = Average(), nets(2)
    average.take_in(one)
    again = Average(average.tensors())
    one.actor.layers[-1].bias.fill_(100.0)  # what was taken in stays as it was
    again.take_in(other)
    again.put_into(one)
    assert again.taken == 2
    assert float(one.actor.layers[-1].bias) == pytest.approx(0.5)
    Average().put_into(other)  # of nothing: nothing changes
    assert float(other.actor.layers[-1].bias) == 1.0


def test_steps_fall_in_a_line_and_not_to_nothing() -> None:
    found = [slowed(PPOConfig(), over, 0.1, 0.03).target_kl for over in (0.0, 0.5, 0.95, 1.0)]
    assert found == pytest.approx([0.03, 0.015, 0.003, 0.003])


@pytest.fixture
def config() -> TeachConfig:
    """All is asked after eight of twelve updates."""
    wanted = {
        "labels": 6,
        "first": 2,
        "schedule.session": 1,
        "schedule.session_every": 2,
        "schedule.rest": 0.1,
    }
    return with_flags(load_config("smoke"), {**wanted, "updates": 12, "evaluation.every": 100})


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[TeachConfig], Trainer]]:
    """Makes a trainer at the beginning of a run."""
    with ExitStack() as closing:
        store = closing.enter_context(Store.open(tmp_path / "armchair.db"))

        def make(config: TeachConfig) -> Trainer:
            trainer = make_trainer(config, store, make_teacher("oracle", {}, generator(0, "teacher")))
            closing.callback(trainer.envs.close)
            return trainer

        yield make


def test_a_run_ends_as_the_average_of_its_policies_since_all_was_asked(
    config: TeachConfig, made: Callable[[TeachConfig], Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    biases, sizes = list[torch.Tensor](), list[float]()
    learn = PolicyLearner.learn

    def noting(self: PolicyLearner, rollout: Rollout, **words: Any) -> UpdateStats:
        sizes.append(self._ppo().target_kl)
        stats = learn(self, rollout, **words)
        biases.append(self.agent.net.actor.layers[-1].bias.clone())
        return stats

    monkeypatch.setattr(PolicyLearner, "learn", noting)
    trainer = made(config)
    list(trainer.run())
    since = trainer.policy.rests_since
    assert since is not None and 6 <= since < 11
    usual = config.ppo.target_kl
    assert sizes[: since + 1] == [usual] * (since + 1)
    assert all(later < sooner for sooner, later in itertools.pairwise(sizes[since:]))
    ended = trainer.policy.agent.net.actor.layers[-1].bias
    torch.testing.assert_close(ended, torch.stack(biases[since:]).mean(0))
    assert not torch.equal(ended, biases[-1])


@pytest.mark.parametrize("rest", [0.1, 1.0])
def test_more_to_ask_sets_it_going_again_and_one_means_no_rest(
    config: TeachConfig, made: Callable[[TeachConfig], Trainer], rest: float
) -> None:
    policy = made(with_flags(config, {"schedule.rest": rest})).policy
    policy.settle(5, 12, spent=True)  # asked early: half of the updates are made as ever
    assert policy.average is None
    policy.settle(8, 12, spent=True)
    policy.settle(10, 12, spent=True)
    assert policy.over == (0.5 if rest < 1.0 else 0.0)
    assert (policy.average is None) == (rest == 1.0)
    policy.settle(11, 20, spent=False)
    assert (policy.over, policy.average) == (0.0, None)


def test_a_policy_that_begins_anew_does_not_rest(
    config: TeachConfig, made: Callable[[TeachConfig], Trainer]
) -> None:
    policy = made(config).policy
    policy.settle(8, 12, spent=True)
    policy.settle(10, 12, spent=True)
    other = policy.beginner(1)
    assert other.average is None and other.over == 0.0
    assert policy.average is not None and policy.over == 0.5
