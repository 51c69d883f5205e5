"""A policy that locked itself in is replaced by one that begins anew; one that has not stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from armchair.agents.behaviour_cloning import CloningConfig
from armchair.agents.networks import ActorCritic
from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.base import Env
from armchair.envs.spec import resolve_task
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.fit import fit
from armchair.runs.folder import RunDir
from armchair.training import rival as rivalry
from armchair.training.asking.querying import Querier
from armchair.training.asking.wandered import Shown
from armchair.training.policy_learner import PolicyLearner
from armchair.training.reward_learner import RewardLearner
from armchair.training.rival import best_stretch, contest
from armchair.training.setup import teach
from armchair.types import PreferenceBatch

UPDATES = 24
LAST = 60  # with a share of 0.4
WANTED = {"practice.num_envs": 32, "practice.rollout": 32, "schedule.rival": 0.4, "ppo.gamma": 0.95}


@pytest.fixture(scope="module")
def config() -> TeachConfig:
    return with_flags(load_config("reach"), {**WANTED, "reward.members": 5})


@pytest.fixture(scope="module")
def env(config: TeachConfig) -> Iterator[Env]:
    made = resolve_task("reach").make(config.practice.num_envs, config.env)
    yield made
    made.close()


@pytest.fixture(scope="module")
def model(config: TeachConfig, env: Env) -> RewardEnsemble:
    """Knows that the tool belongs at the goal: 200 pairs of states anywhere, told rightly."""
    rng = torch.Generator().manual_seed(0)
    states = torch.rand(2, 200, 1, 6, generator=rng) * torch.tensor([0.4, 0.8, 0.5] * 2) + torch.tensor(
        [0.3, -0.4, 0.0] * 2
    )
    away = (states[..., :3] - states[..., 3:]).norm(dim=-1).squeeze(-1)
    no, every = torch.zeros(200, dtype=torch.bool), torch.arange(200)
    batch = PreferenceBatch(states[0], states[1], (away[0] > away[1]).float(), torch.ones(200), no, every)
    return fit(batch, states.flatten(0, 2), env.layout, config.reward, rng)[0]


@pytest.fixture
def learned(config: TeachConfig, env: Env, model: RewardEnsemble) -> RewardLearner:
    learner = RewardLearner(config, env.layout)
    learner.model = model
    return learner


filmed = cast(Querier, SimpleNamespace(store=None, wandered=None))  # nothing


def locked(policy: PolicyLearner) -> PolicyLearner:
    """It drives into a corner whatever it sees, and tries next to nothing else."""
    net: ActorCritic = policy.agent.net
    tensors = net.tensors()
    for name, value in tensors.items():
        if name.startswith("actor.2"):
            tensors[name] = torch.full_like(value, 3.0 if name.endswith("bias") else 0.0)
    net.load_tensors(tensors)
    return policy


@pytest.mark.slow
def test_a_policy_that_is_stuck_is_replaced(config: TeachConfig, env: Env, learned: RewardLearner) -> None:
    policy = locked(PolicyLearner(config, env))
    held = contest(policy, learned, filmed, UPDATES, LAST, lambda: True)
    assert held is not None and held.wins and held.better is not policy
    assert held.rivals > held.own + config.reward.std
    assert held.steps == UPDATES * policy.steps + 2 * env.horizon * env.num_envs
    assert "it takes over" in str(held)


@pytest.mark.slow
def test_one_that_does_as_well_stays(config: TeachConfig, env: Env, learned: RewardLearner) -> None:
    policy = locked(PolicyLearner(config, env))
    good = contest(policy, learned, filmed, UPDATES, LAST, lambda: True)
    assert good is not None
    held = contest(good.better, learned, filmed, UPDATES, LAST, lambda: True)
    assert held is not None and not held.wins and held.better is good.better
    held.better.act()
    assert len(held.better.running.length.unique()) > 1, "its episodes are out of phase again"


def test_one_that_imitates_is_trained_for_fewer_updates(
    config: TeachConfig, env: Env, learned: RewardLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no search for the way, and would make a long run half as long again."""
    monkeypatch.setattr(rivalry, "IMITATOR", 2)
    monkeypatch.setattr(rivalry, "CLONING", CloningConfig(updates=1))
    obs, pulls = env.reset(), list[float]()
    shown = Shown(obs, torch.zeros(len(obs), env.action_dim))
    querier = SimpleNamespace(store=None, wandered=SimpleNamespace(best=lambda model, rng: shown))
    pull = rivalry._pull
    monkeypatch.setattr(rivalry, "_pull", lambda of, over, rng: pulls.append(over) or pull(of, over, rng))
    policy = PolicyLearner(config, env)
    held = contest(policy, learned, cast(Querier, querier), UPDATES, LAST, lambda: True)
    assert held is not None and UPDATES > 2
    assert held.steps == 2 * policy.steps + 2 * env.horizon * env.num_envs
    assert pulls == [0.0, 0.5], "it fades over its own updates"


@pytest.mark.parametrize(
    ("flags", "updates"), [({}, UPDATES - 1), ({"schedule.rival": 0.0}, 0), ({"policy": "runs/a"}, UPDATES)]
)
def test_there_is_no_contest(
    flags: dict[str, float | str], updates: int, config: TeachConfig, env: Env, learned: RewardLearner
) -> None:
    policy = PolicyLearner(with_flags(config, flags), env)
    policy.beginner = None  # type: ignore[assignment]  # nobody may ask for one
    assert contest(policy, learned, filmed, updates, LAST, lambda: True) is None


@pytest.mark.parametrize(("away", "held"), [(0.0, True), (0.6, False)])
def test_it_may_be_held_only_where_something_better_is_known(
    away: float, held: bool, config: TeachConfig, env: Env, learned: RewardLearner
) -> None:
    """A clip with the tool at the goal tells that the policy is stuck; one far from the goal does not."""
    goal = torch.tensor([0.5, 0.0, 0.3])
    clip = torch.cat((goal + torch.tensor([0.0, away, 0.0]), goal)).expand(1, 8, 6)
    no, one = torch.zeros(1, dtype=torch.bool), torch.ones(1)
    answers = PreferenceBatch(clip, clip, one, one, no, torch.arange(1))
    policy = locked(PolicyLearner(with_flags(config, {"schedule.rival_if": "better_known"}), env))
    begun: list[int] = []

    def goes_on() -> bool:
        begun.append(1)
        return False

    learned.given = lambda store: answers  # type: ignore[method-assign]
    spared = contest(policy, learned, filmed, UPDATES, LAST, goes_on)
    assert bool(begun) is held
    assert (spared is None) is held  # it was told not to go on
    if spared is not None:
        assert spared.better is policy and not spared.wins and spared.rivals is None
        assert spared.steps == env.horizon * env.num_envs and "no rival begins" in str(spared)
    assert torch.equal(policy.running.obs, env.observe()), "its episodes begin again"


def test_the_best_stretch_of_each_copy_counts() -> None:
    reward = torch.tensor([[0.0, 3.0], [4.0, 3.0], [2.0, 0.0], [0.0, 0.0]])
    assert best_stretch(reward, 2) == 3.0 and best_stretch(reward, 9) == 1.5


def test_an_episode_that_ended_by_itself_stays_as_it_is() -> None:
    reward = torch.tensor([[0.0, 0.1], [1.0, 0.2], [0.0, 0.3], [0.5, 0.4]])
    ended = torch.tensor([[False, False], [True, False], [False, False], [True, False]])
    assert rivalry.held(reward, ended).T.tolist() == [
        [0.0, 1.0, 1.0, 1.0],
        pytest.approx([0.1, 0.2, 0.3, 0.4]),
    ]


def test_it_ends_as_soon_as_the_run_is_to(config: TeachConfig, env: Env, learned: RewardLearner) -> None:
    asked = iter([True, True, False])
    assert contest(PolicyLearner(config, env), learned, filmed, UPDATES, LAST, lambda: next(asked)) is None
    assert next(asked, None) is None


def test_a_run_goes_on_with_the_rival_that_won(
    short: TeachConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivalry, "MARGIN", -1e9)
    config = with_flags(short, {"schedule.rival": 0.5})
    run = RunDir.create(tmp_path, "run", {})
    turns = list(teach(config, run, make_teacher("oracle", {}, generator(0, "teacher"))))
    (told,) = [turn for turn in turns if turn.update is not None and turn.update.contest is not None]
    assert told.updates == 4, "after three of six updates"
    (line,) = [line for line in run.metrics() if "contest_rival" in line]
    assert line["updates"] == 4 and "contest_own" in line
    before, after = (turn.update.stats.std for turn in turns if turn.updates in (3, 4) and turn.update)
    assert after > before, "the rival explores as much as at the beginning"
