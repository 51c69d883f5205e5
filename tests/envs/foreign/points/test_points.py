"""Declared points come with every state, whatever the vector of copies does, and wrong ones are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from armchair.envs.foreign.env import Running
from armchair.envs.foreign.importing import import_env
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.settle import settle_points
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.types import VisibleLayout

HAND = Declared({"hand": 0, "object": 4, "goal": 7}, {"gripper": 3})
ACTION = torch.tensor([[1.0, 0.0, 0.0, 0.5]])


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.mark.parametrize("workers", [0, 2])
def test_points_by_index_come_with_each_state_and_at_an_end_with_the_last(workers: int) -> None:
    env = import_env("arms_with_points:hand", num_envs=2, declared=HAND, running=Running(workers))
    assert env.obs_dim == 10
    assert env.layout == VisibleLayout(("hand", "object", "goal"), ("gripper",))
    first = env.reset(seed=3)
    for step in range(1, 9):
        got = env.step(ACTION.expand(2, 4))
        expected = torch.cat((got.final_obs[:, :3], got.final_obs[:, 4:], got.final_obs[:, 3:4]), 1)
        assert torch.equal(got.visible, expected)
        torch.testing.assert_close(got.visible[:, 0], torch.full((2,), 0.1 * step))
        torch.testing.assert_close(got.visible[:, 9], torch.full((2,), 0.5))
    assert bool(got.truncated.all())
    assert got.obs[:, 0].tolist() == [0.0, 0.0]  # of the next episode
    assert not torch.equal(got.obs[:, 7:], first[:, 7:])
    env.close()


def test_policies_get_differences_after_their_observation_where_that_is_wanted() -> None:
    plain = import_env("arms_with_points:hand", declared=HAND)
    env = import_env("arms_with_points:hand", declared=Declared(HAND.points, HAND.scalars, differences=True))
    obs, whole = plain.reset(seed=0), env.reset(seed=0)
    assert env.obs_dim == 19
    hand, thing, goal = obs[:, :3], obs[:, 4:7], obs[:, 7:]
    expected = torch.cat((obs, thing - hand, goal - hand, goal - thing), 1)
    torch.testing.assert_close(whole, expected)
    step = env.step(ACTION)
    assert step.obs.shape == step.final_obs.shape == (1, 19)
    assert step.visible.shape == (1, 10)


def test_speeds_are_those_since_the_state_before_and_none_at_a_beginning() -> None:
    declared = Declared(HAND.points, HAND.scalars, motion=True)
    env = import_env("arms_with_points:hand", declared=declared)
    assert env.layout.scalars == ("gripper", "hand_speed", "object_speed")
    assert env.layout.units == ("", "m/s", "m/s")
    assert env.dt == 0.1
    env.reset(seed=0)
    steps = [env.step(ACTION * (k < 4)) for k in range(9)]
    speeds = [round(float(step.visible[0, 10]), 4) for step in steps]
    assert speeds == [1, 1, 1, 1, 0, 0, 0, 0, 0]  # 10 cm a step of 100 ms


def test_two_numbers_are_a_point_in_the_plane_and_keys_have_numbers_of_their_own() -> None:
    declared = Declared(
        {"flat": "7, 8", "hand": "observation[0]", "aim": "goal:desired"}, {"grip": "observation[3]"}
    )
    env = import_env("arms_with_points:goals", declared=declared)
    obs = env.reset(seed=0)
    step = env.step(ACTION)
    # achieved_goal, desired_goal, observation: by the alphabet
    assert step.visible[0, :3].tolist() == [*step.obs[0, 7:9].tolist(), 0.0]
    assert step.visible[0, 3:6].tolist() == step.obs[0, 6:9].tolist()
    assert step.visible[0, 6:9].tolist() == obs[0, 3:6].tolist()
    assert step.visible[0, 9].item() == 0.5


@pytest.mark.parametrize("name", ["mjcf", "mjcf_anew"])
def test_sites_bodies_geoms_and_joints_of_a_bare_model(name: str) -> None:
    declared = Declared(
        {"grip": "site:grip", "body": "body:slider", "ball": "geom:ball", "goal": "site:goal"},
        {"x": "joint:x"},
    )
    env = import_env(f"arms_with_points:{name}", declared=declared)
    env.reset(seed=0)
    goals: set[tuple[float, ...]] = set()
    for _ in range(16):
        step = env.step(torch.tensor([[1.0, -0.5]]))
        x, y = step.final_obs[0, :2].tolist()
        grip, body, ball, goal, joint = step.visible[0].split((3, 3, 3, 3, 1))
        torch.testing.assert_close(grip, torch.tensor([x, y, 0.6]))
        torch.testing.assert_close(body, torch.tensor([x, y, 0.5]))
        torch.testing.assert_close(ball, body)
        torch.testing.assert_close(joint, torch.tensor([x]))
        goals.add(tuple(goal.tolist()))
    assert x > 0.1
    assert len(goals) == 2  # one for each of the two episodes


def test_an_environment_tells_points_by_itself() -> None:
    says = settle_points("arms_with_points:says", Declared())
    assert says == Declared({"tip": 0, "aim": 7}, {"gap": 3})
    tells = settle_points("arms_with_points:tells", Declared())
    assert tells == Declared({"hand": "env:hand", "above": "env:above"}, {"gripper": "env:gripper"})
    goals = settle_points("arms_with_points:goals", Declared())
    assert goals == Declared({"achieved_goal": "goal:achieved", "desired_goal": "goal:desired"})
    assert settle_points("arms_with_points:hand", Declared()) == Declared()
    assert settle_points("arms_with_points:goals", Declared(), find=False) == Declared()
    env = import_env("arms_with_points:tells", declared=tells)
    env.reset()
    step = env.step(ACTION)
    torch.testing.assert_close(step.visible, torch.tensor([[0.1, 0, 0, 0.1, 0, 1, 0.5]]))


def test_what_is_declared_goes_before_what_the_environment_tells() -> None:
    own = Declared({"hand": 0, "goal": 7})
    assert settle_points("arms_with_points:says", own) == own
    scalar = settle_points("arms_with_points:says", Declared({}, {"height": 2}))
    assert scalar == Declared({"tip": 0, "aim": 7}, {"height": 2})


@pytest.mark.parametrize(
    ("env", "places", "message"),
    [
        ("hand", {"goal": 8}, "env.points.goal asks for the numbers 8, 9, 10 of the observation, "),
        ("hand", {"goal": 8}, "which has 10, from 0 to 9"),
        (
            "goals",
            {"hand": 30},
            "which has 13, from 0 to 12: achieved_goal from 0 on, desired_goal from 3 on",
        ),
        ("hand", {"scalar": 10}, "env.scalars.scalar asks for the numbers 10 of the observation"),
        ("goals", {"hand": "observatio[0]"}, "there is no 'observatio' in the observation, which has "),
        ("goals", {"hand": "observatio[0]"}, "has observation, "),  # the nearest first
        ("goals", {"hand": "observation[5]"}, "numbers 5, 6, 7 of observation, which has 7"),
        ("hand", {"goal": "goal:desired"}, "no 'desired_goal' in the observation, which has no keys"),
        ("hand", {"hand": "site:grip"}, "no site 'grip', for no MuJoCo model is found"),
        ("mjcf", {"hand": "site:gripp"}, "env.points.hand: the model has no site 'gripp'; sites: grip, goal"),
        ("mjcf", {"hand": "body:ball"}, "no body 'ball'; bodies: "),
        ("mjcf", {"scalar": "joint:z"}, "no joint 'z'; joints of one number: x, y"),
        ("hand", {"hand": "env:hand"}, "env.points.hand: the environment has no armchair_points"),
        (
            "tells",
            {"hand": "env:foot"},
            "must tell foot, 3 of numbers; it tells hand (3), above (3), gripper",
        ),
        ("hand", {"hand": "grip"}, "env.points.hand cannot be 'grip': valid: 0, '0,1', KEY[0], site:NAME"),
        ("hand", {"hand": "sit:grip"}, "did you mean site:grip?"),
        ("hand", {"hand": -1}, "env.points.hand cannot be -1: valid"),
        ("mjcf", {"a": "site:grip", "b": "site:grip"}, "env.points.b and env.points.a are both site:grip"),
    ],
)
def test_what_is_not_there_is_said_in_a_line_with_what_there_is(
    env: str, places: dict[str, int | str], message: str
) -> None:
    scalars = {name: places.pop(name) for name in ("scalar",) if name in places}
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        settle_points(f"arms_with_points:{env}", Declared(places, scalars))
    assert "\n" not in str(caught.value)


def test_a_name_is_given_once_and_speeds_need_points() -> None:
    with pytest.raises(InvalidInput, match=r"hand is both in env.points and in env.scalars"):
        settle_points("arms_with_points:hand", Declared({"hand": 0}, {"hand": 1}))
    with pytest.raises(InvalidInput, match=r"env.motion needs env.points"):
        settle_points("arms_with_points:hand", Declared(motion=True))


def test_what_seems_wrong_is_a_word_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    settle_points("arms_with_points:hand", HAND)
    assert capsys.readouterr().err == ""
    settle_points("arms_with_points:hidden", HAND)
    assert capsys.readouterr().err == (
        "armchair: env.points.goal, 7, is 0, 0, 0 all the time: the goal seems to be hidden\n"
    )
    settle_points("arms_with_points:hidden", Declared({"hand": 0, "thing": 7}))
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("armchair: env.points.thing, 7, never moves, in 4 episodes")
    assert said[1].startswith("armchair: none of env.points is a goal")


def test_goals_are_not_taken_where_random_actions_move_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert settle_points("arms_with_points:brings", Declared()) == Declared()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("armchair: achieved_goal, desired_goal: random actions move none of them")
    assert "`armchair look arms_with_points:brings` proposes points" in line


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ({"hand": 0, "object": 4, "goal": 7}, [("object", "goal", 1.0), ("hand", "object", 0.3)]),
        ({"grip": 0, "hammer": 3, "nail": 6, "goal": 9}, [("nail", "goal", 1.0), ("grip", "hammer", 0.3)]),
        ({"block": 3, "hand": 0, "target": 9}, [("block", "target", 1.0), ("hand", "block", 0.3)]),
        ({"achieved": "goal:achieved", "desired": "goal:desired"}, [("achieved", "desired", 1.0)]),
        ({"hand": 0, "object": 4}, []),
        ({"goal": 0}, []),
        ({}, []),
    ],
)
def test_what_is_usually_wanted_of_points_is_told_by_their_names(
    points: dict[str, int | str], wanted: list[tuple[str, str, float]]
) -> None:
    assert [(cue.point, cue.place, cue.weight) for cue in Declared(points).cues] == wanted


def test_a_task_spec_knows_the_layout_of_what_was_settled() -> None:
    spec = resolve_task("arms_with_points:goals")
    config = spec.settle(EnvConfig(motion=True))
    env = spec.make(2, config)
    assert env.layout == spec.layout(config)
    assert env.layout.scalars == ("achieved_goal_speed",)
    assert spec.layout(EnvConfig()) is None
    with pytest.raises(InvalidInput, match=r"env.points is for environments of others: the points of reach"):
        resolve_task("reach").settle(EnvConfig(points={"hand": 0}))
