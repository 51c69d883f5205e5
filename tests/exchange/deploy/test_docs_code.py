"""The code in docs/deploy.md does what armchair does; ROS and LeRobot are stood in for."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from armchair.agents.networks import ActorCritic
from armchair.arms import IIWA
from armchair.envs.arm_env import make_env
from armchair.envs.control import make_control
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.exchange.deploy.describe import about_of
from armchair.exchange.deploy.modules import PolicyModule, policy_ports
from armchair.exchange.deploy.writing import program_of, write_onnx
from armchair.maths import generator

PAGE = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text(encoding="utf-8")
MakeNet = Callable[..., ActorCritic]
Names = dict[str, Any]


def block(marker: str) -> str:
    """The Python code after a comment, or after a heading."""
    found = re.search(re.escape(marker) + r".*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, marker
    return found[1]


def run(code: str, name: str = "docs") -> Names:
    names: Names = {"__name__": name}
    exec(compile(code, f"docs/deploy.md ({name})", "exec"), names)
    return names


@pytest.fixture
def law() -> Names:
    return run(block("<!-- control law -->"), "control_law")


@pytest.fixture
def policy(make_net: MakeNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ActorCritic:
    """A policy for reach, in policy.onnx of the current folder."""
    net = make_net(15, 4)
    ports, texts = policy_ports(net), about_of(resolve_task("reach"), EnvConfig(), 0).texts()
    write_onnx(program_of(PolicyModule(net), ports), ports, texts, tmp_path / "policy.onnx")
    monkeypatch.chdir(tmp_path)
    return net


@pytest.mark.parametrize("task", ["reach", "pick_place"])
@pytest.mark.parametrize("mode", ["tool", "joint"])
def test_the_control_law_is_ours(law: Names, mode: str, task: str) -> None:
    """Side by side over states of arms that move about, their targets pushed to the limits at times."""
    copies, rng = 8, generator(3, "law")
    env = make_env(task, num_envs=copies, control=mode, seed=5)
    env.reset(5)
    memory = make_control(mode, IIWA).start(env.state)
    own = [memory[i].double().numpy() for i in range(copies)]
    opening = env.state.opening_target.double().numpy()
    for step in range(40):
        state = env.state
        action = 1.3 * torch.randn(copies, env.action_dim, generator=rng)
        action = (action + (2.0 if step > 25 else 0.0)).clamp(-1.0, 1.0)  # into a corner, in the end
        joints, memory = make_control(mode, IIWA).move(state, memory, action, env.dt)
        for i in range(copies):
            q, move = state.joint_pos[i].double().numpy(), action[i].double().numpy()
            found, own[i] = law[f"{mode}_step"](q, own[i], move)
            np.testing.assert_allclose(found, joints[i, :7].numpy(), atol=1e-4)
            np.testing.assert_allclose(own[i], memory[i].numpy(), atol=1e-4)
            if task == "pick_place":
                opening[i] = law["grip"](opening[i], move[-1])
                assert opening[i] == pytest.approx(float(joints[i, 7]))
        env.step(action)
    env.close()


def test_kinematics_and_observation_are_ours(law: Names) -> None:
    env = make_env("reach", num_envs=16, seed=2)
    env.reset(2)
    for _ in range(15):
        env.step(torch.rand(16, 4, generator=generator(1, "go")) * 2 - 1)
    state, seen = env.state, env.observe()
    target = env._memory  # pyright: ignore[reportPrivateUsage]
    for i in range(16):
        q, velocity = state.joint_pos[i].numpy(), state.joint_vel[i].numpy()
        tool, rot, jacobian = law["kinematics"](q)
        np.testing.assert_allclose(tool, state.tool_pos[i].numpy(), atol=1e-5)
        np.testing.assert_allclose(rot, state.tool_rot[i].numpy(), atol=1e-5)
        np.testing.assert_allclose(jacobian, state.tool_jac[i].numpy(), atol=1e-5)
        own = law["observe_reach"](q, velocity, env.goal[i].numpy(), target[i].numpy())
        np.testing.assert_allclose(own, seen[i].numpy(), atol=1e-4)
    env.close()


def test_ten_lines_run_it(policy: ActorCritic) -> None:
    code = block("## In ten lines")
    assert len([line for line in code.splitlines() if line]) <= 10
    found = run(code)
    names = [one["name"] for one in found["about"]["observation"]]
    row = torch.tensor([[found["values"].get(name, 0.0) for name in names]])
    np.testing.assert_allclose(found["action"], policy.best(row)[0].numpy(), atol=1e-5)
    assert found["moves"]["tool_target_x"] == pytest.approx(0.03 * float(found["action"][0]))


def modules(monkeypatch: pytest.MonkeyPatch, made: dict[str, Names]) -> None:
    """Have these be importable, with what is in them."""
    for name, inside in made.items():
        parts = name.split(".")
        for k in range(1, len(parts) + 1):
            if ".".join(parts[:k]) not in made and k < len(parts):
                monkeypatch.setitem(sys.modules, ".".join(parts[:k]), ModuleType(".".join(parts[:k])))
        module = ModuleType(name)
        vars(module).update(inside)
        monkeypatch.setitem(sys.modules, name, module)


class FakeNode:
    """What the example asks of rclpy's."""

    def __init__(self, name: str) -> None:
        self.name, self.timers, self.sent = name, list[Any](), list[Any]()

    def declare_parameter(self, _: str, value: object) -> SimpleNamespace:
        return SimpleNamespace(value=value)

    def create_subscription(self, *_: object) -> None:
        pass

    def create_publisher(self, *_: object) -> SimpleNamespace:
        return SimpleNamespace(publish=self.sent.append)

    def create_timer(self, period: float, call: Callable[[], None]) -> None:
        self.timers.append((period, call))


def test_the_ros_node_sends_joint_targets(
    policy: ActorCritic, law: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Names = {}
    modules(
        monkeypatch,
        {
            "rclpy": nothing,
            "rclpy.node": {"Node": FakeNode},
            "control_law": law,
            "geometry_msgs.msg": {"PointStamped": SimpleNamespace},
            "sensor_msgs.msg": {"JointState": SimpleNamespace},
            "std_msgs.msg": {"Float64MultiArray": SimpleNamespace},
        },
    )
    node = run(block("<!-- ros2 -->"))["Reach"]()
    ((period, decide),) = node.timers
    decide()  # nothing is known yet
    assert period == 0.05 and not node.sent
    env = make_env("reach", num_envs=1, seed=0)
    env.reset(0)
    names = [f"lbr_A{k}" for k in (3, 1, 2, 7, 5, 6, 4)]  # in the driver's order
    point = SimpleNamespace(**dict(zip("xyz", env.goal[0].tolist(), strict=True)))
    node.on_goal(SimpleNamespace(point=point))
    for _ in range(10):
        order = [int(name[-1]) - 1 for name in names]
        position, velocity = env.state.joint_pos[0].tolist(), env.state.joint_vel[0].tolist()
        node.on_state(
            SimpleNamespace(
                name=names, position=[position[k] for k in order], velocity=[velocity[k] for k in order]
            )
        )
        decide()
        action, target = policy.best(env.observe()), env._memory  # pyright: ignore[reportPrivateUsage]
        joints, _ = make_control("tool", IIWA).move(env.state, target, action, env.dt)
        np.testing.assert_allclose(node.sent[-1].data, joints[0, :7].numpy(), atol=1e-4)
        env.step(action)
    env.close()


class FakeConfig:
    """What the example asks of LeRobot's."""

    robot_state_feature = action_feature = "there"

    @classmethod
    def register_subclass(cls, _: str) -> Callable[[type], type]:
        return lambda kind: kind


class FakePolicy(torch.nn.Module):
    def __init__(self, config: object) -> None:
        super().__init__()
        self.config = config


def test_the_lerobot_policy_selects_our_actions(policy: ActorCritic, monkeypatch: pytest.MonkeyPatch) -> None:
    def pipeline(**parts: object) -> Names:
        return parts

    modules(
        monkeypatch,
        {
            "lerobot.configs.policies": {"PreTrainedConfig": FakeConfig},
            "lerobot.policies.pretrained": {"PreTrainedPolicy": FakePolicy},
            "lerobot.processor": {
                "PolicyProcessorPipeline": pipeline,
                "AddBatchDimensionProcessorStep": dict,
            },
            "lerobot.processor.converters": {
                "policy_action_to_transition": None,
                "transition_to_policy_action": None,
            },
        },
    )
    found = run(block("<!-- lerobot -->"), __name__)
    made = found["ArmchairPolicy"](found["ArmchairConfig"]())
    made.config.validate_features()
    seen = torch.randn(7, 15)
    action = made.select_action({"observation.state": seen})
    torch.testing.assert_close(action, policy.best(seen), atol=1e-5, rtol=0)
    assert made.predict_action_chunk({"observation.state": seen}).shape == (7, 1, 4)
    before, after = found["make_armchair_pre_post_processors"](made.config)
    assert len(before["steps"]) == 1 and after["steps"] == []
    assert isinstance(made.session, onnxruntime.InferenceSession)
