"""Points that are proposed are the right ones, and the picture has them where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armchair.envs.foreign.mujoco.picture import take
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.look import look
from armchair.envs.foreign.sources import maker

DESIRED: dict[str, int | str] = {"goal": "goal:desired"}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("arms_with_points:hand", {"hand": 0, "object": 4, "goal": 7}),
        ("arms_with_points:hidden", {"hand": 0, "object": 4}),
        ("arms_with_points:goals", DESIRED | {"hand": "goal:achieved", "object": "observation[4]"}),
        ("arms_with_points:brings", DESIRED | {"hand": "observation[0]", "object": "goal:achieved"}),
        ("arms_with_points:mjcf", {"hand": "site:grip", "goal": "site:goal"}),
        ("arms_with_points:late", {"hand": 0, "object": 4, "goal": 10}),
        ("arms_with_points:says", {"tip": 0, "aim": 7}),
        ("gymnasium:Pusher-v5", {"hand": 14, "object": 17, "goal": 20}),
        ("gymnasium:Reacher-v5", {"hand": "body:fingertip", "goal": "body:target"}),
    ],
)  # fmt: skip
def test_small_environments(source: str, points: dict[str, int | str]) -> None:
    assert look(source, Declared()).declared.points == points


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("gymnasium_robotics:FetchReachDense-v4", {"hand": "observation[0]", "goal": "goal:desired"}),
        (
            "gymnasium_robotics:FetchPushDense-v4",
            {"hand": "observation[0]", "object": "observation[3]", "goal": "goal:desired"},
        ),
        ("metaworld:window-open-v3", {"hand": 0, "object": 4, "goal": 36}),
        ("metaworld:drawer-open-v3", {"hand": 0, "object": 4, "goal": 36}),
        ("metaworld:button-press-v3", {"hand": 0, "object": 4, "goal": 36}),
    ],
)
def test_environments_of_other_projects(source: str, points: dict[str, int | str]) -> None:
    pytest.importorskip(source.partition(":")[0], reason="not installed")
    assert look(source, Declared()).declared.points == points


@pytest.mark.parametrize(
    ("source", "scalars"),
    [
        ("arms_with_points:hand", {"number_3": 3}),
        ("arms_with_points:gripper", {"number_14": 14}),
        ("arms_with_points:goals", {"number_9": "observation[3]"}),
        ("arms_with_points:late", {"number_3": 3}),
        ("arms_with_points:mjcf", {}),  # its joints bring the hand to where it is
        ("arms_with_points:says", {"gap": 3}),
        ("gymnasium:Pusher-v5", {"r_wrist_roll_joint": 6}),  # it turns the tip and does not move it
        ("gymnasium:Reacher-v5", {}),
    ],
)
def test_scalars_are_what_no_point_says(source: str, scalars: dict[str, int | str]) -> None:
    assert look(source, Declared()).declared.scalars == scalars


@pytest.mark.slow
def test_scalars_of_other_projects() -> None:
    pytest.importorskip("gymnasium_robotics", reason="not installed")
    push = look("gymnasium_robotics:FetchPushDense-v4", Declared())
    assert not push.declared.scalars  # its gripper is held shut
    pick = look("gymnasium_robotics:FetchPickAndPlaceDense-v4", Declared())
    assert pick.declared.scalars == {"gripper": "observation[9]"}
    assert pick.scalars[0].thing == "joint:robot0:r_gripper_finger_joint"


def test_more_scalars_than_a_few_are_told_and_not_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armchair.envs.foreign.points.look.MOST_SCALARS", 0)
    looked = look("arms_with_points:goals", Declared())
    assert not looked.declared.scalars
    assert looked.words == [
        "1 numbers move that belong to no point: observation[3]; where one matters, such as a gripper's "
        "opening, --scalars NAME=NUMBER adds it"
    ]


def test_a_goal_that_cannot_be_seen_is_said() -> None:
    hidden = look("arms_with_points:hidden", Declared())
    assert not hidden.goal_observed
    assert hidden.words[0].startswith(
        "no goal is observable: the last numbers of the observation are always 0"
    )
    model = look("arms_with_points:mjcf", Declared())
    assert not model.goal_observed
    assert model.declared.differences  # or a policy could not know where to go
    assert model.words[0].startswith("no goal is among the numbers of the observation")
    assert model.names == {
        "sites": ["grip", "goal"],
        "bodies": ["world", "slider", "target"],
        "joints": ["x", "y"],
    }
    nothing = look("gymnasium:HalfCheetah-v5", Declared())
    assert nothing.words[-1].startswith("no goal is observable: nothing stays where it is")


def test_declared_points_are_looked_at_as_they_are() -> None:
    looked = look("arms_with_points:hand", Declared({"tip": 0, "wall": 7}, {"gap": 3}))
    assert not looked.proposed
    assert [(point.name, point.source) for point in looked.points] == [("tip", 0), ("wall", 7)]
    tip, wall = looked.points
    assert tip.least > 0.1
    assert wall.most == 0.0
    assert wall.placed > 0.1


@pytest.mark.gl
def test_points_are_in_the_picture_where_they_are_in_the_world() -> None:
    env = maker("arms_with_points:mjcf", None, False)()
    env.reset(seed=0)
    model = env.unwrapped.model  # type: ignore[attr-defined]
    model.geom("ball").rgba[:] = 1, 0, 0, 1
    model.geom("ball").matid[:] = -1
    ball, goal = (env.unwrapped.data.geom("ball").xpos, env.unwrapped.data.site("goal").xpos)  # type: ignore[attr-defined]
    shot = take(env, np.array([ball, goal]))
    assert shot is not None
    red = (shot.pixels[..., 0] > 60) & (shot.pixels[..., 1] < 30)
    rows, columns = np.nonzero(red)
    assert len(rows) > 500
    centre = np.array([columns.mean(), rows.mean()])
    assert np.abs(shot.at[0] - centre).max() < 6.0
    assert take(maker("arms_with_points:hand", None, False)(), np.zeros((0, 3))) is None
