"""mujoco_warp on its CPU backend, beside MuJoCo: the same model in single precision."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from armchair.arms import IIWA
from armchair.arms.inverse import posture_for
from armchair.engines import Engine, make_engine
from armchair.engines.base import home_layout
from armchair.engines.iiwa import make_scene
from armchair.types import Layout
from armchair.world import BLOCK_SIZE, MAX_OPENING

pytest.importorskip("mujoco_warp")
pytestmark = pytest.mark.slow  # its kernels are compiled once a machine: a minute

N = 8
STEPS = 20  # 1 s


def at_home(blocks: int, n: int) -> Layout:
    """`n` equal rows."""
    return home_layout(make_scene(blocks, fingers=True), n)


def pair(blocks: int, n: int = N) -> list[Engine]:
    """MuJoCo and Warp, with the same copies of the same scene."""
    return [make_engine(name, make_scene(blocks, fingers=True), n) for name in ("mujoco", "warp")]


def high_layout(rng: torch.Generator) -> Layout:
    """Arms where nothing is touched on the way."""
    high = posture_for(IIWA, (0.45, 0.0, 0.75), torch.tensor(IIWA.home)).float()
    return at_home(2, N)._replace(joint_pos=high + 0.1 * (2 * torch.rand(N, 7, generator=rng) - 1))


@pytest.mark.parametrize("speed", [0.0, 0.02, 0.04])
def test_free_motion_agrees_within_a_tenth_of_a_millimetre(speed: float) -> None:
    rng = torch.Generator().manual_seed(int(100 * speed))
    start = high_layout(rng)
    engines, joints = pair(2), start.joint_pos
    for engine in engines:
        engine.reset(torch.arange(N), start)
    ways = torch.where((torch.arange(N)[:, None] >> torch.arange(7)) % 2 == 0, -1.0, 1.0)
    for step in range(STEPS):
        joints = joints + speed * ways + 0.04 * (2 * torch.rand(N, 7, generator=rng) - 1)
        opening = torch.full((N, 1), MAX_OPENING if step < STEPS // 2 else 0.0)
        for engine in engines:
            engine.step(torch.cat((joints, opening), 1))
    one, other = (engine.state() for engine in engines)
    apart = (one.tool_pos - other.tool_pos).norm(dim=1)
    print(f"worst {1000 * float(apart.max()):.4f} mm")
    assert (one.tool_pos - start_tool(engines[0], start)).norm(dim=1).min() > 0.02, "they hardly moved"
    assert apart.max() < 1e-4
    torch.testing.assert_close(one.opening, other.opening, atol=1e-4, rtol=0)
    torch.testing.assert_close(one.block_pos, other.block_pos, atol=1e-4, rtol=0)


def start_tool(engine: Engine, start: Layout) -> Tensor:
    engine.reset(torch.arange(N), start)
    return engine.state().tool_pos


def crowd(n: int) -> Layout:
    """Blocks on each other and both in the way of the fingers: as many contacts as there can be."""
    start = at_home(2, n)
    low = posture_for(IIWA, (0.5, 0.0, 0.03), torch.tensor(IIWA.home)).float()
    start = start._replace(joint_pos=low.repeat(n, 1), opening=torch.full((n,), MAX_OPENING))
    start.block_pos[:, 0] = torch.tensor([0.5, 0.0, BLOCK_SIZE / 2])
    start.block_pos[:, 1] = torch.tensor([0.5 + BLOCK_SIZE, 0.0, BLOCK_SIZE / 2])
    return start


def test_the_solvers_rows_suffice_for_a_crowd() -> None:
    engine = pair(2)[1]
    start = crowd(N)
    engine.reset(torch.arange(N), start)
    shut = torch.cat((start.joint_pos, torch.zeros(N, 1)), 1)
    assert not any(engine.step(shut).any() for _ in range(15))


@pytest.mark.parametrize(("room", "too_small"), [("CONSTRAINTS", (6, 0)), ("CONTACTS", (2, 0))])
def test_contacts_beyond_the_room_are_a_divergence(
    room: str, too_small: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"armchair.engines.warp.{room}", too_small)
    engine = make_engine("warp", make_scene(2, fingers=True), 3)
    start = at_home(2, 3)
    start.block_pos[:, :, 2] = 0.3  # nothing touches anything
    engine.reset(torch.arange(3), start)
    shut = torch.cat((start.joint_pos, torch.zeros(3, 1)), 1)
    assert not engine.step(shut).any()
    engine.reset(torch.tensor([1]), crowd(1))
    diverged = engine.step(shut)
    # rows are each copy's own; the room for contacts is everybody's, so nobody's can be relied on
    assert diverged.tolist() == ([False, True, False] if room == "CONSTRAINTS" else [True] * 3)
    torch.testing.assert_close(engine.state().block_pos[1], crowd(1).block_pos[0])


def test_memory_is_shared_and_stays_where_it_is() -> None:
    """The graph of the substeps holds pointers: nothing may be replaced."""
    engine = make_engine("warp", make_scene(1, fingers=True), N)
    before = [part.data_ptr() for part in engine._arrays]  # type: ignore[attr-defined]
    start = at_home(1, N)
    engine.step(torch.cat((start.joint_pos + 0.1, torch.zeros(N, 1)), 1))
    engine.restore(torch.arange(N), engine.snapshot())
    engine.reset(torch.arange(N), start)
    assert [part.data_ptr() for part in engine._arrays] == before  # type: ignore[attr-defined]


def test_snapshots_are_those_of_mujoco() -> None:
    """Demonstrations recorded on the one are gone on from on the other."""
    mujoco, warp = pair(2)
    start, rng = at_home(2, N), torch.Generator().manual_seed(3)
    joints = start.joint_pos + 0.2 * (2 * torch.rand(N, 7, generator=rng) - 1)
    for engine in (mujoco, warp):
        engine.reset(torch.arange(N), start)
    for _ in range(3):
        mujoco.step(torch.cat((joints, torch.full((N, 1), MAX_OPENING)), 1))
    kept = mujoco.snapshot()
    warp.restore(torch.arange(N), kept)
    back = warp.snapshot()
    assert back.shape == kept.shape and back.dtype == kept.dtype
    torch.testing.assert_close(back[:, 1:], kept[:, 1:], atol=1e-4, rtol=1e-5)  # but for the time
    for engine in (mujoco, warp):
        engine.step(torch.cat((joints, torch.zeros(N, 1)), 1))
    one, other = mujoco.state(), warp.state()
    torch.testing.assert_close(one.joint_vel, other.joint_vel, atol=1e-3, rtol=0)
    torch.testing.assert_close(one.tool_pos, other.tool_pos, atol=1e-5, rtol=0)
    torch.testing.assert_close(one.opening, other.opening, atol=1e-5, rtol=0)


def test_masks_do_what_ids_do() -> None:
    chosen = torch.arange(N) % 3 == 1
    ids, start = chosen.nonzero().squeeze(1), at_home(1, N)
    start = start._replace(joint_pos=start.joint_pos + 0.1, opening=torch.full((N,), 0.05))
    engines = [make_engine("warp", make_scene(1, fingers=True), N) for _ in range(2)]
    for engine in engines:
        engine.step(torch.cat((at_home(1, N).joint_pos + 0.2, torch.zeros(N, 1)), 1))
    kept = engines[0].snapshot()
    engines[0].reset(ids, start.select(ids))
    engines[1].reset_where(chosen, start)  # type: ignore[attr-defined]
    assert torch.equal(engines[0].snapshot(), engines[1].snapshot())
    assert not torch.equal(engines[0].snapshot(), kept)
    engines[0].restore(ids, kept[ids])
    engines[1].restore_where(chosen, kept)  # type: ignore[attr-defined]
    assert torch.equal(engines[1].snapshot(), kept) and torch.equal(engines[0].snapshot(), kept)
