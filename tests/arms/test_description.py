"""What is read of an arm, and the one line that says what is missing."""

from __future__ import annotations

import math
import re

import pytest
import torch
import yaml
from tests.arms.conftest import Write, mjcf, six, three

from armchair.arms import IIWA, load_arm
from armchair.arms.kinematics import chain
from armchair.arms.told import as_text, doubts, joint_rows
from armchair.errors import InvalidInput


def test_a_model_alone_is_enough(write: Write) -> None:
    """Joints, tool, gripper and forces are the model's; the hand hangs over the middle of the boxes."""
    arm = load_arm(write(six()))
    assert arm.joints == ("pan", "lift", "elbow", "roll", "pitch", "turn")
    assert arm.model is not None and arm.model.tool == "tcp" and arm.oriented
    assert arm.efforts == (90.0, 90.0, 60.0, 50.0, 50.0, 50.0)  # motors' where there are any
    assert arm.gripper is not None and arm.gripper.joints == ("slide_left", "slide_right")
    assert (arm.gripper.shut, arm.gripper.open) == ((0.0, 0.0), (0.04, 0.04))
    assert arm.stroke == pytest.approx(0.08, abs=1e-3)
    at = chain(arm, torch.tensor([arm.home], dtype=torch.float64))
    torch.testing.assert_close(
        at.rot[0, -1, :, 2], torch.tensor([0.0, 0.0, -1.0]).double(), atol=0.01, rtol=0
    )
    low, high = (torch.tensor(box).double() for box in (arm.space.goal_low, arm.space.goal_high))
    assert ((at.tool_pos[0] > low) & (at.tool_pos[0] < high)).all()
    assert load_arm("") is IIWA


def test_degrees_are_read_as_what_they_are(write: Write) -> None:
    arm = load_arm(write(six(degrees=True)))
    assert arm.upper[0] == pytest.approx(math.radians(160)) and arm.upper[-1] == pytest.approx(
        math.radians(175)
    )


def test_words_come_before_the_model(write: Write) -> None:
    """Limits, speeds, home, base and a gripper that is not to be used."""
    words = (
        "name: Mine\nlimits: {pan: [-1, 1.5]}\nspeed: [1, 1, 1, 2, 2, 2]\neffort: 40\n"
        "home: [0, 0, 1, 0, 2.1, 0]\nbase: [0.1, 0, 0.2]\nyaw: 90\ngripper: false\n"
        "workspace: {low: [0.2, -0.3, 0.01], high: [0.6, 0.3, 0.6]}"
    )
    arm, plain = load_arm(write(six(), words)), load_arm(write(six(), name="plain.xml"))
    assert (arm.name, arm.gripper, arm.lower[0], arm.upper[0]) == ("Mine", None, -1.0, 1.5)
    assert arm.speeds == (1, 1, 1, 2, 2, 2) and arm.efforts == (40.0,) * 6
    assert arm.space.low == (0.2, -0.3, 0.01)
    q = torch.tensor([[0.2, 0.1, 0.9, 0.1, 2.0, 0.3]], dtype=torch.float64)
    (x, y, z), moved = chain(plain, q).tool_pos[0].tolist(), chain(arm, q).tool_pos[0]
    torch.testing.assert_close(moved, torch.tensor([0.1 - y, x, z + 0.2]).double())


def test_boxes_that_are_not_told_go_with_those_that_are(write: Write) -> None:
    """The workspace of a small arm takes in its goals and places; theirs lie in a told one."""
    home = "home: [0, -0.32, 1.16, 0, 2.3, 0]\n"
    boxes = "goals: {low: [.3, -.2, .08], high: [.46, .2, .35]}\nspawn: {low: [.15, -.15], high: [.45, .15]}"
    space = load_arm(write(six(), home + boxes)).space
    assert space.low[0] == pytest.approx(0.05) and space.high[0] >= 0.55 and space.low[1] <= -0.25
    assert 0.35 <= space.high[2] < IIWA.space.high[2], "as high as a small arm reaches"
    room = "workspace: {low: [0.32, -0.1, 0.01], high: [0.44, 0.1, 0.3]}"
    space = load_arm(write(six(), home + room)).space
    assert space.low[0] <= space.goal_low[0] < space.goal_high[0] <= space.high[0]
    assert space.low[1] <= space.spawn_low[1] < space.spawn_high[1] <= space.high[1]
    assert space.goal_high[2] <= space.high[2]


def test_boxes_that_are_told_aside_need_no_others(write: Write) -> None:
    """What is told holds beside the base, and places on the table are within it."""
    words = (
        "yaw: 90\nworkspace: {low: [-0.3, 0.2, 0.01], high: [0.3, 0.6, 0.6]}\n"
        "goals: {low: [-0.15, 0.3, 0.1], high: [0.15, 0.46, 0.35]}"
    )
    arm = load_arm(write(six(), words))
    assert arm.space.low == (-0.3, 0.2, 0.01) and arm.space.goal_high == (0.15, 0.46, 0.35)
    x, y = zip(arm.space.spawn_low, arm.space.spawn_high, strict=True)
    assert -0.3 <= x[0] < x[1] <= 0.3 and 0.2 <= y[0] < y[1] <= 0.6
    at = chain(arm, torch.tensor([arm.home], dtype=torch.float64)).tool_pos[0]
    assert abs(float(at[0])) < 0.02 and 0.3 < float(at[1]) < 0.46, "home is over the goals"


def test_what_was_found_can_be_written_and_read_again(write: Write) -> None:
    """`arm check --output` describes the same arm."""
    file = write(six(), "speed: 1.5")
    arm = load_arm(file)
    again_file = file.parent / "again.yaml"
    again_file.write_text(as_text(arm, again_file), encoding="utf-8")
    again = load_arm(again_file)
    assert again.joints == arm.joints and again.gripper is not None and arm.gripper is not None
    assert again.home == pytest.approx(arm.home, abs=1e-4) and again.speeds == arm.speeds
    for mine, theirs in zip(again.space, arm.space, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-4)
    torch.testing.assert_close(torch.tensor(again.down), torch.tensor(arm.down), atol=0.06, rtol=0)


def test_a_urdf_with_a_package_and_speeds(write: Write) -> None:
    """Meshes are found by their package, speeds are read besides, fixed links are tools."""
    inertia = '<inertia ixx=".01" iyy=".01" izz=".01" ixy="0" ixz="0" iyz="0"/>'
    mass = f'<inertial><mass value="1"/>{inertia}</inertial>'
    shape = '<collision><geometry><mesh filename="package://two/meshes/box.obj"/></geometry></collision>'
    urdf = f"""<robot name="two">
      <link name="base"/><link name="a">{mass}{shape}</link><link name="b">{mass}</link><link name="tool0"/>
      <joint name="one" type="revolute"><parent link="base"/><child link="a"/>
        <origin xyz="0 0 0.3"/><axis xyz="0 0 1"/>
        <limit lower="-3" upper="3" effort="40" velocity="1.25"/></joint>
      <joint name="two" type="revolute"><parent link="a"/><child link="b"/>
        <origin xyz="0.3 0 0"/><axis xyz="0 1 0"/>
        <limit lower="-2" upper="2" effort="30" velocity="2.5"/></joint>
      <joint name="tip" type="fixed"><parent link="b"/><child link="tool0"/><origin xyz="0.3 0 0"/></joint>
    </robot>"""
    words = "home: [0, 0.5]\ngoals: {low: [.3, -.1, .1], high: [.5, .1, .3]}"
    file = write(urdf, words, name="two.urdf")
    with pytest.raises(InvalidInput, match=r"two\.urdf: the mesh package://two/meshes/box\.obj is not there"):
        load_arm(file)
    mesh = file.parent / "meshes" / "box.obj"
    mesh.parent.mkdir()
    corners = "".join(f"v {x} {y} {z}\n" for x in (0, 0.1) for y in (0, 0.1) for z in (0, 0.1))
    mesh.write_text(corners + "f 1 2 4\nf 1 3 7\nf 5 7 8\nf 2 6 8\nf 1 5 6\nf 3 4 8\n", encoding="utf-8")
    arm = load_arm(file)
    assert (arm.joints, arm.speeds, arm.efforts) == (("one", "two"), (1.25, 2.5), (40.0, 30.0))
    assert arm.model is not None and arm.model.tool == "tool0" and not arm.oriented


NO_LIMIT = six().replace('name="roll" axis="1 0 0" range="-3.05 3.05"', 'name="roll" axis="1 0 0"')
UNNAMED = six().replace('name="tcp"', 'name="spot"').replace('name="hand"', 'name="end"')
MANY = six(
    hand="".join(
        f'<body><joint name="f{k}" type="slide" range="0 .02"/><geom size=".01"/></body>' for k in range(3)
    )
)
MESH = six(head='<asset><mesh name="m" file="nowhere.stl"/></asset>')


@pytest.mark.parametrize(
    ("model", "words", "line"),
    [
        (NO_LIMIT, "", r"joint roll has no limits: say them, 'limits: \{roll: \[-3.14, 3.14\]\}'"),
        (UNNAMED, "", r"which site or body is the tool\? say so: 'tool: NAME', of spot, base, shoulder"),
        (MANY, "", r"which joints shut the gripper\? .* of f0, f1, f2; or 'gripper: false'"),
        (MESH, "", r"made\.xml: the mesh nowhere\.stl is not there: looked for "),
        ("<mujoco><worldbody", "", r"made\.xml is no model that MuJoCo can read: XML"),
        (six(), "tool: tpc", r"has no site or body 'tpc': did you mean 'tcp'\? it has tcp, base"),
        (
            six(),
            "joints: [pan, lift]",
            r"the joints that lead to tcp are pan, lift, elbow, roll, pitch, turn",
        ),
        (six(), "joints: [pam]", r"has no joint 'pam': did you mean 'pan'\?"),
        (six(), "gripper: {joints: [slide]}", r"has no joint of a gripper 'slide': .*slide_left"),
        (six(), "gripper: {model: g.xml}", r"say which body carries the gripper"),
        (six(), "home: [0, 1]", r"home needs 6 numbers, got 2"),
        (six(), "home: [9, 0, 0, 0, 0, 0]", r"home has pan at 9, outside of \[-2\.8, 2\.8\]"),
        (six(), "limits: {pan: [1, -1]}", r"limits of pan must rise, got \[1, -1\]"),
        (six(), "speed: [1, 2]", r"speed needs one number or one for each of 6 joints, got 2"),
        (six(), "speed: -1", r"speed.*greater than 0"),
        (six(), "out: z\nacross: z", r"out and across must be two different axes"),
        (six(), "out: w", r"out: "),
        (six(), "tools: tcp", r"unknown key tools: did you mean tool\?"),
        (six(), "gripper: {shout: [1]}", r"unknown key gripper\.shout: did you mean shut\?"),
        (
            six(),
            "gripper: {joints: [slide_left, slide_right], shut: [0, 0], open: [0.04, 0], stroke: 0.08}",
            r"a joint of the gripper has shut = open: leave it out",
        ),
        (six(), "goals: {low: [.5, 0, .1], high: [.4, .2, .2]}", r"goals must have its low corner below"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write: Write, model: str, words: str, line: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_arm(write(model, words))
    told = str(caught.value)
    assert re.search(line, told), told
    assert "\n" not in told


@pytest.mark.slow
def test_links_that_are_in_each_other_are_named(write: Write) -> None:
    """An arm that no posture frees is refused, with the pair that is in the way."""
    solid = six().replace('contype="0" conaffinity="0"', "")
    with pytest.raises(InvalidInput, match=r"no posture .*: lower and pitch are in each other"):
        load_arm(write(solid))


def test_files_that_are_no_arms(tmp_path: object, write: Write) -> None:
    file = write(six(), "name: x")
    with pytest.raises(InvalidInput, match=r"did you mean .*made\.yaml"):
        load_arm(file.parent / "mad.yaml")
    with pytest.raises(InvalidInput, match=r"an arm is an MJCF, a URDF or a YAML"):
        load_arm(file.parent / "made.stl")
    file.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="must be keys and values"):
        load_arm(file)
    file.write_text("name: x\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="model is missing"):
        load_arm(file)


def test_a_changed_file_is_read_anew(write: Write) -> None:
    file = write(three(), "speed: 1")
    before = load_arm(file)
    (file.parent / "arm.png").write_bytes(b"")  # what stands beside it does not matter
    assert load_arm(file) is before
    file.write_text(file.read_text(encoding="utf-8").replace("speed: 1", "speed: 3"), encoding="utf-8")
    assert load_arm(file).speeds == (3.0, 3.0, 3.0)


def test_doubts_name_what_looks_wrong(write: Write) -> None:
    """Limits that look like degrees, a home at a limit, a hand that leans."""
    assert doubts(load_arm(write(six()))) == ()
    odd = "limits: {pan: [-160, 160]}\nhome: [0, 0, 1, 3.05, 1.9, 0]"
    told = " | ".join(doubts(load_arm(write(six(), odd))))
    assert "pan can move by 320 rad: are its limits in degrees?" in told
    assert "roll is at its limit at home" in told and "the hand leans by" in told
    assert len(joint_rows(IIWA)) == 7


def test_the_page_names_every_key() -> None:
    """docs/arms.md shows the whole description."""
    from pathlib import Path

    from armchair.arms.description import Description, GripperText

    text = (Path(__file__).parents[2] / "docs" / "arms.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0])
    fields = set(Description.__dataclass_fields__) - {"joints"}  # type: ignore[attr-defined]
    assert set(shown) == fields
    assert set(shown["gripper"]) | {"force"} == set(GripperText.__dataclass_fields__)  # type: ignore[attr-defined]
    assert mjcf()  # the conftest's text is a model
