"""What is exported does what torch does, for every task, control mode and form of reward model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from armchair.agents.networks import ActorCritic
from armchair.agents.weighted import at_weights
from armchair.envs.control import MODES
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.exchange.deploy.about import parse_about
from armchair.exchange.deploy.describe import about_of
from armchair.exchange.deploy.modules import PolicyModule, policy_ports
from armchair.exchange.deploy.playing import OnnxPolicy
from armchair.exchange.deploy.reward import write_reward
from armchair.exchange.deploy.writing import program_of, write_onnx, write_pt2, write_tensors
from armchair.maths import generator
from armchair.rewards.ensemble import Normaliser, RewardConfig, RewardEnsemble, Weights, init_weights
from armchair.rewards.relations import Relations
from armchair.tasks import TASKS, get_task
from armchair.types import VisibleLayout

MakeNet = Callable[..., ActorCritic]
ROWS = 1000


def observations(width: int) -> torch.Tensor:
    """Some of them far out, where the normaliser bounds them."""
    return 4.0 * torch.randn(ROWS, width, generator=generator(1, "obs"))


@pytest.mark.parametrize("control", MODES)
@pytest.mark.parametrize("task", TASKS)
def test_the_file_says_what_it_is_and_acts_as_torch_does(
    make_net: MakeNet, task: str, control: str, tmp_path: Path
) -> None:
    spec, config = resolve_task(task), EnvConfig(control=control)
    env = spec.make(1, config)
    net = make_net(env.obs_dim, env.action_dim)
    about = about_of(spec, config, 77)
    module, ports = PolicyModule(net), policy_ports(net)
    program, file = program_of(module, ports), tmp_path / "policy.onnx"
    write_onnx(program, ports, about.texts(), file)
    policy, obs = OnnxPolicy(file), observations(env.obs_dim)
    best = net.best(obs)
    assert float((policy(obs) - best).abs().max()) <= 1e-5
    assert bool((best.abs() == 1.0).any()) and bool((best.abs() < 1.0).any())
    told = policy.about
    assert told == about and told.rate == pytest.approx(1 / env.dt) and told.env_steps == 77
    assert (len(told.observation), len(told.action)) == (env.obs_dim, env.action_dim)
    assert [joint.name for joint in told.joints] == [f"link{k}" for k in range(1, 8)]
    content = file.read_bytes()
    assert str(Path.cwd()).encode() not in content and b".py" not in content
    env.close()


@pytest.mark.parametrize("fixed", [True, False])
def test_weights_are_built_in_or_an_input(make_net: MakeNet, fixed: bool, tmp_path: Path) -> None:
    whole = make_net(15, 4, wishes=2)
    wishes = dict(zip(("high", "smooth"), whole.weights.tolist(), strict=True))
    net = at_weights(whole, whole.weights) if fixed else whole
    about = about_of(resolve_task("reach"), EnvConfig(), 0, wishes=wishes, weights_are_input=not fixed)
    ports, file = policy_ports(net), tmp_path / "policy.onnx"
    write_onnx(program_of(PolicyModule(net), ports), ports, about.texts(), file)
    policy, obs = OnnxPolicy(file), observations(15)
    # the built-in constant is summed in another order
    torch.testing.assert_close(policy(obs), whole.best(obs), atol=1e-5, rtol=0)
    assert policy.about.asked == (() if fixed else ("high", "smooth"))
    if not fixed:
        policy.weigh({"smooth": 1.0})
        whole.weights[1] = 1.0
        torch.testing.assert_close(policy(obs), whole.best(obs), atol=1e-5, rtol=0)


def test_the_other_files_do_the_same_without_critic_and_optimiser(make_net: MakeNet, tmp_path: Path) -> None:
    net = make_net(15, 4)
    module, ports, texts = PolicyModule(net), policy_ports(net), {"armchair": '{"format": "x"}'}
    program, obs = program_of(module, ports), observations(15)
    write_pt2(program, texts, tmp_path / "policy.pt2")
    held = {"armchair": ""}
    loaded = torch.export.load(tmp_path / "policy.pt2", extra_files=held)
    torch.testing.assert_close(loaded.module()(obs), net.best(obs), atol=1e-5, rtol=0)
    assert held == texts
    assert str(Path.cwd()).encode() not in (tmp_path / "policy.pt2").read_bytes()
    write_tensors(module, texts, tmp_path / "policy.safetensors")
    tensors = load_file(tmp_path / "policy.safetensors")
    layers = [f"layers.{k}.{part}" for k in range(3) for part in ("bias", "weight")]
    assert sorted(tensors) == [*layers, "scale", "shift"]
    x = (obs * tensors["scale"] + tensors["shift"]).clamp(-10, 10)
    for k in range(3):
        x = x if k == 0 else torch.nn.functional.elu(x)
        x = x @ tensors[f"layers.{k}.weight"].T + tensors[f"layers.{k}.bias"]
    torch.testing.assert_close(x.clamp(-1, 1), net.best(obs), atol=1e-5, rtol=0)


def test_observations_have_the_names_of_what_they_are() -> None:
    """Made-up states move one thing at a time; the names of the numbers that change say which."""
    for task in TASKS.values():
        for control in MODES:
            about = about_of(resolve_task(task.name), EnvConfig(control=control), 0)
            env = resolve_task(task.name).make(1, EnvConfig(control=control))
            names = [one.name for one in about.observation]
            assert len(set(names)) == len(names) == env.obs_dim
            scales = {one.name: one.scale for one in about.observation}
            env.reset(0)
            state, seen = env.state, env.observe()[0]  # pyright: ignore[reportAttributeAccessIssue]
            at = dict(zip(names, seen.tolist(), strict=True))
            assert at["tool_x"] == pytest.approx(float(state.tool_pos[0, 0]))
            assert at["tool_velocity_z"] == pytest.approx(0.5 * float(state.tool_vel[0, 2]))
            if task.num_blocks:
                last = "abcdef"[task.num_blocks - 1]
                assert at[f"block_{last}_y"] == pytest.approx(float(state.block_pos[0, -1, 1]))
                away = float(state.block_pos[0, -1, 1] - state.tool_pos[0, 1])
                assert at[f"tool_to_block_{last}_y"] == pytest.approx(away, abs=1e-6)
                assert at[f"block_{last}_up_z"] == pytest.approx(1.0, abs=1e-4)
            if "goal_x" in at:
                assert [at[f"goal_{axis}"] for axis in "xyz"] == pytest.approx(env.goal[0].tolist())
            if task.uses_gripper:
                assert at["opening"] == pytest.approx(scales["opening"] * float(state.opening[0]))
            if control == "joint":
                assert at["link3_position"] == pytest.approx(float(state.joint_pos[0, 2]))
                assert at["link7_velocity"] == pytest.approx(0.1 * float(state.joint_vel[0, 6]), abs=1e-6)
            env.close()


def some_reward(layout: VisibleLayout, config: RewardConfig) -> RewardEnsemble:
    rng, width = generator(0, "reward"), Relations(layout, config.inputs).size
    weights = init_weights(config.members, width, config.hidden, rng)
    if config.form == "linear":
        nothing = torch.zeros(0)
        weights = Weights(torch.randn(config.members, width, 1, generator=rng), *[nothing] * 4)
    mean, std = torch.randn(width, generator=rng), 0.5 + torch.rand(width, generator=rng)
    outputs = 0.1 * torch.randn(config.members, 1, generator=rng), torch.full((config.members, 1), 0.4)
    return RewardEnsemble(layout, config, weights, Normaliser(mean, std, *outputs))


@pytest.mark.parametrize(
    ("task", "config"),
    [
        ("stack", RewardConfig()),
        ("reach", RewardConfig(form="linear")),
        ("push", RewardConfig(inputs="raw", members=1)),
        ("pick_place", RewardConfig(members=20, hidden=16)),
    ],
)
def test_the_reward_model_tells_mean_and_deviation(task: str, config: RewardConfig, tmp_path: Path) -> None:
    layout = get_task(task, motion=task == "push").visible_layout
    model = some_reward(layout, config)
    write_reward(model, task, tmp_path / "reward.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "reward.onnx")
    seen = torch.randn(ROWS, layout.size, generator=generator(2, "seen"))
    mean, std = session.run(["mean", "std"], {"visible": seen.numpy()})
    rewards = model(seen)
    np.testing.assert_allclose(mean, rewards.mean(0).numpy(), atol=1e-5)
    np.testing.assert_allclose(std, rewards.std(0, correction=0).numpy(), atol=1e-5)
    told = json.loads(session.get_modelmeta().custom_metadata_map["armchair"])
    assert len(told["visible"]) == layout.size and told["task"] == task
    assert told["visible"][0] == {"name": "tool_x", "unit": "m"}
    if task == "push":
        assert told["visible"][-1] == {"name": "block_a_speed", "unit": "m/s"}
        assert not std.any()


def test_what_is_said_of_an_environment_of_others(tmp_path: Path) -> None:
    spec = resolve_task("gymnasium:Pendulum-v1")
    about = about_of(spec, EnvConfig(repeat=2), 5)
    assert [one.name for one in about.observation] == ["obs_0", "obs_1", "obs_2"]
    (torque,) = about.action
    assert (torque.scale, torque.offset) == (2.0, 0.0)
    assert about.joints == () and about.env.repeat == 2
    assert about.env.onto(EnvConfig()).repeat == 2
    assert parse_about(about.texts(), tmp_path) == about


def test_ways_between_points_have_names() -> None:
    config = EnvConfig(points={"hand": 0, "goal": "0,1"}, differences=True)
    about = about_of(resolve_task("gymnasium:Pendulum-v1"), config, 0)
    assert [one.name for one in about.observation][-3:] == [
        "hand_to_goal_x",
        "hand_to_goal_y",
        "hand_to_goal_z",
    ]
