"""Demonstrations of a wish: what they say of it, how far they go against answers, and where they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.config.on_skill import on_skill
from armchair.config.read import as_yaml, from_run, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import make_env
from armchair.envs.demonstrations import Demo, Source, save_demos
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.finding import find
from armchair.rewards.motion import clips_with_motion, moving_layout
from armchair.rewards.saved import reward_of
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.described import make_described
from armchair.training.demonstrations import FOLDER, demonstrations_of
from armchair.training.setup import make_trainer, teach
from armchair.training.wishes.reward import WishReward
from armchair.training.wishes.shown import PARTS, SURE, WORTH, shown_preferences, skill_episodes

WISH = "from_above"  # the name of a style, though ties say nothing of it; what is shown is to go up first
SMALL = {"queries.labels": 4, "queries.first": 4, "schedule.updates": 3, "evaluation.every": 100}


def episodes(number: int, seed: int, *, high: bool) -> list[Demo]:
    """The script of reach solves it, by way of a place above the straight way where it is to."""
    env = make_env("reach", num_envs=number, seed=seed)
    obs, rows = env.reset(seed), list[tuple[Tensor, ...]]()
    goal = env.start_state().goal
    for step in range(env.horizon):
        action, engine = env.script().clamp(-1.0, 1.0), env.start_state().engine
        if high and step < env.horizon // 3:
            action[:, 2] = 0.9
        done = env.step(action)
        rows.append((engine, obs, action, done.visible, torch.zeros(number, 1, 7)))
        obs = done.obs
    env.close()
    engine, seen, action, visible, poses = (torch.stack(parts, 1) for parts in zip(*rows, strict=True))
    return [Demo(engine[n], goal[n], seen[n], action[n], visible[n], poses[n]) for n in range(number)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three demonstrations that go up first."""
    folder = tmp_path_factory.mktemp("shown")
    save_demos(folder, episodes(3, 7, high=True), Source("reach", "mujoco", "tool"), "somebody")
    return folder


def config_of(skill: Path, source: str) -> TeachConfig:
    """A small run of the wish."""
    made = on_skill(from_run(RunDir(skill).config()), {WISH: "Which one goes up first?"}, {}, str(skill))
    return with_flags(made, {**SMALL, "demonstrations.source": source})


def learned(config: TeachConfig, path: Path) -> RewardEnsemble:
    """The wish's model after four answers that are all ties, and what was shown, if anything."""
    torch.set_num_threads(1)
    teacher = make_described({"name": "equal", "equal": 1.0}, config)
    assert teacher is not None
    with Store.open(path) as store:
        demos = demonstrations_of(resolve_task("reach"), config)
        trainer = make_trainer(config, store, teacher, demos)
        list(trainer.run())
        trainer.envs.close()
        assert store.counts().answers == 4, "nobody was asked about what was shown"
    assert isinstance(trainer.reward, WishReward)
    return trainer.reward.models[WISH]


def preferred(model: RewardEnsemble) -> Tensor:
    """By how much, in logits, the model prefers of two episodes the one that goes the way shown."""
    shown, plain = (episodes(20, 99, high=high) for high in (True, False))
    more: list[Tensor] = []
    for start in (0, 10):
        clips = [torch.stack([demo.visible[start : start + 20] for demo in some]) for some in (shown, plain)]
        values = [model.clip_values(one).mean(0) for one in clips]
        more.append(values[0] - values[1])
    return torch.cat(more)


def test_what_was_shown_is_what_the_model_prefers(skill: Path) -> None:
    """Beside a skill that solves it by the straight way, three demonstrations say what they show."""
    model, layout = reward_of(RunDir(skill), "reach"), resolve_task("reach").layout(EnvConfig())
    own = torch.stack([demo.visible for demo in episodes(16, 3, high=False)], 1)
    rng = generator(0, "shown")
    batch = shown_preferences(episodes(3, 7, high=True), own, model, 20, rng)
    moving = [clips_with_motion(clips, layout) for clips in (batch.left, batch.right)]
    batch = batch._replace(left=moving[0], right=moving[1])
    reference = torch.cat(moving).flatten(0, 1)
    found, _ = find(batch, reference, moving_layout(layout), RewardConfig(members=16), rng)
    assert float((preferred(found) > 0.0).float().mean()) > 0.8


def test_a_run_learns_from_what_was_shown(skill: Path, folder: Path, tmp_path: Path) -> None:
    """Nobody is asked about it, no budget is charged, and the wish's model is another one."""
    with_them = preferred(learned(config_of(skill, str(folder)), tmp_path / "with.db"))
    without = preferred(learned(config_of(skill, ""), tmp_path / "without.db"))
    assert float((with_them - without).abs().mean()) > 0.1


def test_parts_are_compared_where_the_skill_has_come_as_far(skill: Path) -> None:
    """Each part beside the clip of the skill that begins and ends nearest to it by the skill's reward."""
    net, model = load_policy(RunDir(skill))[0].net, reward_of(RunDir(skill), "reach")
    env = make_env("reach", num_envs=4, seed=1)
    own = skill_episodes(env, net, 3)
    torch.testing.assert_close(own, skill_episodes(env, net, 3))  # the same whenever a run goes on
    env.close()
    demos = episodes(2, 5, high=False)
    batch = shown_preferences(demos, own, model, 10, generator(0, "shown"))
    assert batch.left.shape == batch.right.shape == (2 * PARTS, 10, own.shape[-1])
    assert bool((batch.target == SURE).all()) and float(batch.weight.sum()) == pytest.approx(2 * WORTH)
    ends = torch.stack([model.mean(batch.right[:, k]) for k in (0, -1)], 1)
    found = torch.stack([model.mean(batch.left[:, k]) for k in (0, -1)], 1)
    some = own[3:13].transpose(0, 1)  # clips of the skill that might have been taken
    other = torch.stack([model.mean(some[:, k]) for k in (0, -1)], 1)
    assert bool(((ends - found).norm(dim=1) <= torch.cdist(ends, other).amin(1) + 1e-5).all())
    with pytest.raises(InvalidInput, match="has 50 steps, a clip has 51"):
        shown_preferences(demos, own, model, 51, generator(0, "shown"))


def test_a_run_keeps_what_it_was_shown_and_pulls_towards_it_at_weight_1(
    skill: Path, folder: Path, tmp_path: Path
) -> None:
    """The copy is what a resume goes on from; at weight 0 the policy is held to the skill all the same."""
    config = config_of(skill, str(folder))
    run = RunDir.create(tmp_path, "reach", {**as_yaml(config), "teacher": {"name": "coin"}})
    list(teach(config, run, make_described({"name": "coin"}, config)))
    assert len(list((run.path / FOLDER).glob("*.npz"))) == 3
    demos = demonstrations_of(resolve_task("reach"), config, run)
    with Store.open(tmp_path / "other.db") as store:
        trainer = make_trainer(config, store, make_described({"name": "coin"}, config), demos)
        rollout, _ = trainer.policy.act()
        term = trainer.policy._anchor(rollout)  # type: ignore[attr-defined]
        trainer.envs.close()
    shown = sum(len(demo.obs) for demo in demos)
    assert bool((term.obs[-shown:, -1] == 1.0).all()) and bool((term.obs[:-shown, -1] == 0.0).all())
    torch.testing.assert_close(term.action[-shown:], torch.cat([demo.action for demo in demos]))
