"""What is PyBullet's own: grasps, replays through files, silence, windows. The rest is in the contract."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import armchair.engines
from armchair.arms import IIWA
from armchair.arms.iiwa import HOME
from armchair.arms.inverse import posture_for
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.errors import InvalidInput, MissingDependency
from armchair.types import ArmState, Layout
from armchair.world import BLOCK_SIZE

pybullet = pytest.importorskip("pybullet")

from armchair.engines.bullet import BulletEngine  # noqa: E402

N = 2
LOW = posture_for(IIWA, (0.5, 0.0, 0.03), torch.tensor(HOME)).float()
HIGH = posture_for(IIWA, (0.5, 0.0, 0.13), torch.tensor(HOME)).float()


@pytest.fixture
def engine() -> Iterator[BulletEngine]:
    made = BulletEngine(make_scene(2, fingers=True), N)
    yield made
    made.close()


def around_block(n: int = N) -> Layout:
    """Block A between the open fingers, a little off the middle; block B stands against A."""
    start = home_layout(make_scene(2, fingers=False), n)._replace(
        joint_pos=LOW.repeat(n, 1), opening=torch.full((n,), 0.08)
    )
    start.block_pos[:, 0] = torch.tensor([0.5, 0.004, 0.025])
    start.block_pos[:, 1] = torch.tensor([0.5 + BLOCK_SIZE, 0.004, 0.025])
    return start


def command(joints: Tensor, opening: float) -> Tensor:
    return torch.cat((joints, torch.tensor([opening]))).repeat(N, 1)


def grasp_and_lift(engine: BulletEngine) -> None:
    engine.reset(torch.arange(N), around_block())
    for _ in range(15):
        engine.step(command(LOW, 0.0))
    for i in range(20):
        engine.step(command(LOW + (i + 1) / 20 * (HIGH - LOW), 0.0))


def in_hand(state: ArmState) -> Tensor:
    """Where block A is, seen from the tool. -> (N, 3) m."""
    return state.block_pos[:, 0] - state.tool_pos


def same(a: ArmState, b: ArmState) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_lifted_block_does_not_slip(engine: BulletEngine) -> None:
    grasp_and_lift(engine)
    before = engine.state()
    assert before.block_pos[:, 0, 2].min() > 0.10
    for _ in range(40):  # 2 s
        engine.step(command(HIGH, 0.0))
    after = engine.state()
    assert (in_hand(after) - in_hand(before)).abs().max() < 1e-3
    torch.testing.assert_close(after.opening, torch.full((N,), BLOCK_SIZE), atol=2e-3, rtol=0)


def test_the_fingers_keep_the_block_in_the_middle(engine: BulletEngine) -> None:
    """Two motors that push against each other would let the block swim from one side to the other."""
    grasp_and_lift(engine)
    for i in range(20):
        engine.step(command(HIGH + 0.02 * (i % 2), 0.0))
    assert in_hand(engine.state())[:, 1].abs().max() < 1e-3


def test_the_arm_does_not_sag(engine: BulletEngine) -> None:
    engine.reset(torch.arange(N), home_layout(make_scene(2, fingers=False), N))
    for _ in range(40):
        engine.step(command(torch.tensor(HOME), 0.0))
    torch.testing.assert_close(engine.state().joint_pos, torch.tensor([HOME]).repeat(N, 1), atol=1e-4, rtol=0)


def test_efforts_are_limited(engine: BulletEngine) -> None:
    """Told to turn by 2 rad at once, the arm takes as long as its torque and its inertia want."""
    engine.reset(torch.arange(N), home_layout(make_scene(2, fingers=False), N))
    far = torch.tensor(HOME) + torch.tensor([2.0, 0, 0, 0, 0, 0, 0])
    engine.step(command(far, 0.0))
    turned = engine.state().joint_pos[:, 0]
    # 320 N·m on 0.9 to 2.2 kg·m² for 50 ms; with the effort applied five times over it would be 1 rad
    assert ((turned > 0.1) & (turned < 0.6)).all()


def test_every_snapshot_replays_in_another_engine(engine: BulletEngine) -> None:
    """Restoring again and again in one world, which has its own history and its own contacts."""
    other = BulletEngine(make_scene(2, fingers=True), N)
    other.reset(torch.arange(N), home_layout(make_scene(2, fingers=False), N))
    engine.reset(torch.arange(N), around_block())
    for start in (0, 6, 12, 18):
        saved = engine.snapshot()
        other.restore(torch.arange(N), saved)
        assert same(engine.state(), other.state())
        for i in range(start, start + 6):
            target = command(LOW + 0.02 * max(0, i - 8) * (HIGH - LOW), 0.0)
            engine.step(target)
            other.step(target)
            assert same(engine.state(), other.state()), i
    other.close()


def test_a_reset_forgets_the_contacts(engine: BulletEngine) -> None:
    fresh = BulletEngine(make_scene(2, fingers=True), N)
    grasp_and_lift(engine)
    for one in (engine, fresh):
        one.reset(torch.arange(N), around_block())
        for _ in range(10):
            one.step(command(LOW, 0.0))
    assert same(engine.state(), fresh.state())
    fresh.close()


def test_rows_of_snapshots_have_one_length(engine: BulletEngine) -> None:
    """Rows of any two moments can be put together, with few contacts or with many."""
    engine.reset(torch.arange(N), home_layout(make_scene(2, fingers=False), N))
    few = engine.snapshot()
    grasp_and_lift(engine)
    assert few.shape == engine.snapshot().shape
    assert few.dtype == torch.uint8


def test_bad_snapshots_are_refused(engine: BulletEngine) -> None:
    saved = engine.snapshot()
    with pytest.raises(InvalidInput, match="snapshot must have shape"):
        engine.restore(torch.arange(N), saved[:, 1:])
    with pytest.raises(InvalidInput, match=r"snapshot must be of torch.uint8, got torch.float32"):
        engine.restore(torch.arange(N), saved.float())


def test_a_world_of_nan_is_made_anew(engine: BulletEngine) -> None:
    engine.reset(torch.arange(N), around_block())
    world = engine._worlds[1]
    nan = (float("nan"), 0.0, 0.0)
    pybullet.resetBaseVelocity(world.blocks[0], nan, physicsClientId=world.client)
    assert engine.step(command(LOW, 0.08)).tolist() == [False, True]
    for _ in range(10):
        assert not engine.step(command(LOW, 0.0)).any()
    torch.testing.assert_close(engine.state().opening[1], torch.tensor(BLOCK_SIZE), atol=2e-3, rtol=0)


def test_close_frees_the_clients_and_the_files() -> None:
    engine = BulletEngine(make_scene(1, fingers=False), N)
    clients = [world.client for world in engine._worlds]
    folder = Path(engine._folder.name)
    assert (folder / "arm.urdf").exists()
    engine.close()
    assert not any(pybullet.isConnected(client) for client in clients)
    assert not folder.exists()


SCRIPT = """
import torch
from armchair.engines.base import home_layout
from armchair.engines.bullet import BulletEngine
from armchair.engines.iiwa import make_scene
engine = BulletEngine(make_scene(1, fingers=True), 2)
still = torch.cat((home_layout(make_scene(1, fingers=False), 2).joint_pos, torch.zeros(2, 1)), 1)
engine.step(still)
engine.restore(torch.arange(2), engine.snapshot())
engine._worlds[0].q[:] = float("nan")
engine._worlds[0].v[:] = float("nan")
engine._revive()
engine.close()
"""


def test_nothing_reaches_standard_output() -> None:
    """Commands print JSON there, and Bullet likes to talk."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, timeout=60)
    assert done.stdout == b""


def test_a_window_needs_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(MissingDependency, match="DISPLAY is not set"):
        BulletEngine(make_scene(0, fingers=False), 1, gui=True)


@pytest.mark.parametrize(
    ("python", "advice"), [((3, 11), r"armchair\[bullet\]"), ((3, 12), "Python 3.11"), ((3, 14), "3.14")]
)
def test_without_pybullet_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, python: tuple[int, int], advice: str
) -> None:
    monkeypatch.setattr(armchair.engines, "missing", lambda extra: ["pybullet"])
    monkeypatch.setattr(armchair.engines.sys, "version_info", (*python, 0))
    with pytest.raises(MissingDependency, match=advice):
        armchair.engines.make_engine("bullet", make_scene(0, fingers=False), 1)
