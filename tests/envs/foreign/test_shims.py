"""Repairs of other people's packages: on stand-ins, and on the packages themselves where installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import mujoco
import numpy as np
import pytest
import torch

from armchair.envs.foreign import shims
from armchair.envs.foreign.env import Running
from armchair.envs.foreign.importing import import_env
from armchair.envs.foreign.shims import gymnasium_robotics, metaworld
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput

SCENE = """
<mujoco>
  <worldbody>
    <body name="mocap" mocap="true"/>
    <body name="hand"><joint name="slide" type="slide"/><geom size="0.1"/></body>
    <body name="block" pos="1 2 3"><freejoint name="free"/><geom size="0.1"/></body>
  </worldbody>
  <equality>
    <joint joint1="slide" polycoef="1 2 3 4 5"/>
    <weld body1="mocap" body2="hand" relpose="1 2 3 1 0 0 0"/>
  </equality>
</mujoco>
"""


def module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> ModuleType:
    """A stand-in for a module, with all the packages that it is in."""
    made = None
    for end in range(name.count(".") + 1):
        made = ModuleType(".".join(name.split(".")[: end + 1]))
        made.__path__ = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, made.__name__, made)
    assert made is not None
    vars(made).update(members)
    return made


@pytest.fixture
def model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(SCENE)


class Base:
    """As Meta-World's."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model

    def reset_mocap_welds(self) -> None:
        self.model.eq_data[1] = np.arange(11.0)


def test_meta_world_s_welds_fit_this_mujoco(monkeypatch: pytest.MonkeyPatch, model: mujoco.MjModel) -> None:
    module(monkeypatch, metaworld.ENVIRONMENTS, SawyerMocapBase=type("Base", (Base,), {}))
    theirs = sys.modules[metaworld.ENVIRONMENTS].SawyerMocapBase
    before = model.eq_data.copy()
    assert metaworld.mend() is (before.shape[1] != 11)
    assert not metaworld.mend()  # once is enough
    theirs(model).reset_mocap_welds()
    if before.shape[1] != 11:
        np.testing.assert_array_equal(model.eq_data[0], before[0])  # no weld
        np.testing.assert_array_equal(model.eq_data[1, :11], [0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 5])
        np.testing.assert_array_equal(model.eq_data[1, 11:], before[1, 11:])


def test_meta_world_is_left_alone_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    module(monkeypatch, metaworld.ENVIRONMENTS, SawyerMocapBase=Base)
    monkeypatch.setattr(mujoco, "mjNEQDATA", 11)
    assert not metaworld.mend()
    assert "metaworld" not in Base.reset_mocap_welds.__module__


def test_gymnasium_robotics_finds_joints(monkeypatch: pytest.MonkeyPatch, model: mujoco.MjModel) -> None:
    def get_joint_qpos(model: mujoco.MjModel, data: mujoco.MjData, name: str) -> None:
        raise AssertionError

    theirs = module(monkeypatch, gymnasium_robotics.HELPERS, get_joint_qpos=get_joint_qpos)
    monkeypatch.setattr(gymnasium_robotics, "needed", lambda: False)
    assert not gymnasium_robotics.mend()
    assert theirs.get_joint_qpos is get_joint_qpos
    monkeypatch.setattr(gymnasium_robotics, "needed", lambda: True)
    assert gymnasium_robotics.mend()
    assert not gymnasium_robotics.mend()
    data = mujoco.MjData(model)
    np.testing.assert_array_equal(theirs.get_joint_qpos(model, data, "free"), [1, 2, 3, 1, 0, 0, 0])
    theirs.set_joint_qpos(model, data, "slide", 0.5)
    theirs.set_joint_qvel(model, data, "free", np.arange(6.0))
    kept = theirs.get_joint_qpos(model, data, "slide")
    np.testing.assert_array_equal(data.qpos, [0.5, 1, 2, 3, 1, 0, 0, 0])
    np.testing.assert_array_equal(theirs.get_joint_qvel(model, data, "free"), np.arange(6.0))
    data.qpos[0] = 0.0
    assert kept == [0.5]  # a copy


def test_whether_enumerations_are_like_numbers() -> None:
    hinge = mujoco.mjtJoint.mjJNT_HINGE
    assert gymnasium_robotics.needed() is not (np.int32(3) in (hinge, hinge))


def failing(times: int, error: type[Exception], before: Callable[[], object]) -> Callable[[], int]:
    """A function that fails so often and then says how often it was called; `before` happens first."""
    calls = 0

    def make() -> int:
        nonlocal calls
        before()
        calls += 1
        if calls <= times:
            raise error
        return calls

    return make


def test_what_imports_a_package_by_itself_is_called_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metaworld.mujoco, "mjNEQDATA", 12)

    def imports() -> None:
        if "metaworld" not in sys.modules:
            module(monkeypatch, metaworld.ENVIRONMENTS, SawyerMocapBase=type("Base", (Base,), {}))

    monkeypatch.delitem(sys.modules, "metaworld", raising=False)
    monkeypatch.delitem(sys.modules, metaworld.ENVIRONMENTS, raising=False)
    assert shims.made(failing(1, ValueError, imports)) == 2
    with pytest.raises(ValueError):  # mended by now: the mistake is another
        shims.made(failing(1, ValueError, imports))
    assert shims.made(failing(0, ValueError, imports)) == 1


def test_hints_name_the_module_and_how_to_install_it() -> None:
    with pytest.raises(InvalidInput, match="did you mean 'gymnasium_robotics:FetchReach-v4'"):
        import_env("gymnasium:FetchReach-v4")
    with pytest.raises(InvalidInput, match="did you mean 'metaworld:window-open-v3'"):
        import_env("window-open-v3")
    with pytest.raises(InvalidInput, match="by itself, such as 'metaworld:reach-v3'"):
        import_env("Meta-World/MT1")


@pytest.mark.parametrize("name", ["FetchReachDense-v4", "FetchPush-v4", "HandReach-v3", "FrankaKitchen-v1"])
def test_gymnasium_robotics_works(name: str) -> None:
    pytest.importorskip("gymnasium_robotics", reason="the extra robotics is not installed")
    env = import_env(f"gymnasium_robotics:{name}")
    first = env.reset(seed=0)
    assert not torch.equal(env.step(torch.ones(1, env.action_dim)).obs, first)
    assert torch.equal(env.reset(seed=0), first)
    env.close()


@pytest.mark.slow
@pytest.mark.parametrize("source", ["gymnasium_robotics:FetchReach-v4", "metaworld:reach-v3"])
def test_mended_in_processes_of_their_own_too(source: str) -> None:
    pytest.importorskip(source.partition(":")[0], reason="not installed")
    env = import_env(source, num_envs=2, running=Running(workers=2))
    obs = env.reset(seed=0)
    assert not torch.equal(obs[0], obs[1])
    env.step(torch.zeros(2, 4))
    env.close()


def test_where_a_tool_is_used_on_another_thing_that_is_a_point_too() -> None:
    """Else nobody could be taught to drive the nail in: hammer and goal do not tell whether it is."""
    assert list(metaworld.points_of("drawer-open-v3")) == ["hand", "object", "goal"]
    assert metaworld.points_of("hammer-v3") == {"hand": 0, "object": 4, "nail": 11, "goal": 36}


@pytest.mark.parametrize("name", ["hammer", "stick-push", "stick-pull"])
def test_the_second_thing_is_where_meta_world_observes_it(name: str) -> None:
    pytest.importorskip("metaworld", reason="Meta-World is not installed")
    spec = resolve_task(f"metaworld:{name}-v3")
    env = spec.make(2, spec.settle(EnvConfig(frames=False)))
    env.reset(seed=0)
    step = env.step(torch.zeros(2, env.action_dim))
    k = env.layout.points.index(metaworld.SECOND[f"{name}-v3"])
    assert step.visible[:, 3 * k : 3 * k + 3].abs().sum(1).min() > 0.1, "a task of one thing has zeros there"
    assert torch.equal(step.visible[:, 3 * k : 3 * k + 3], step.obs[:, 11:14])
    env.close()


@pytest.mark.parametrize("name", ["window-open", "button-press", "drawer-open"])
def test_tasks_of_meta_world_are_solved_by_their_own_scripts(name: str) -> None:
    pytest.importorskip("metaworld", reason="Meta-World is not installed")
    from metaworld import policies

    script = getattr(policies, f"Sawyer{name.title().replace('-', '')}V3Policy")()
    spec = resolve_task(f"metaworld:{name}-v3")
    env = spec.make(3, spec.settle(EnvConfig()))
    assert env.layout.points == ("hand", "object", "goal")
    assert (env.obs_dim, env.action_dim, env.horizon) == (39, 4, 500)
    obs = env.reset(seed=0)
    assert len({tuple(goal) for goal in obs[:, -3:].tolist()}) == 3  # visible, and everywhere another
    assert torch.equal(env.reset(seed=0), obs)
    ever = torch.zeros(3, dtype=torch.bool)
    for _ in range(150):
        actions = np.stack([script.get_action(row.numpy().astype(np.float64)) for row in obs])
        step = env.step(torch.tensor(actions, dtype=torch.float32))
        obs, ever = step.obs, ever | step.success
    assert ever.all()
    with pytest.raises(InvalidInput, match="did you mean 'metaworld:window-open-v3'"):
        import_env("metaworld:window-opn-v3")
    env.close()
