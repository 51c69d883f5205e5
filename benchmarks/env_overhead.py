"""Share of a whole environment step that the bare physics takes, at 64 copies on one thread.

The peer is `mujoco.batch.Batch.step` on the same model with the same substeps, kinematics refreshed and
bound as a program would need them to read the tool; ours adds the control law, observation, reward, success
and the resets. 1.0 would mean that all of that costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import mujoco
import torch
from _timing import finish, pin, ratio, take_turns
from mujoco import batch

from armchair.engines.mujoco import MujocoEngine
from armchair.envs.arm_env import make_env

COPIES, STEPS = 64, 50
WANTED = {("stack", "tool"): 0.8, ("reach", "tool"): 0.6, ("reach", "joint"): 0.7}


def contenders(task: str, control: str) -> dict[str, Callable[[], object]]:
    """The environment under smooth random actions, and the bare batch under the targets these led to."""
    env = make_env(task, num_envs=COPIES, control=control, seed=0)
    engine = env.engine
    assert isinstance(engine, MujocoEngine)
    bare = batch.Batch(engine.model, nsim=COPIES, nthread=1)
    for field in ("xpos", "xquat", "xanchor", "xaxis"):
        bare.bind(field)
    rng = torch.Generator().manual_seed(0)
    actions = 0.5 * torch.randn(STEPS, COPIES, env.action_dim, generator=rng).cumsum(0).sin()
    env.reset(seed=0)
    start = engine.snapshot()[:, : bare.state.shape[1]].numpy()
    controls = []
    for action in actions:  # record what the bare batch shall be driven with
        env.step(action)
        controls.append(engine.snapshot().numpy()[:, : bare.state.shape[1]].copy())

    def whole() -> None:
        env.reset(seed=0)
        for action in actions:
            env.step(action)

    ctrl = bare.bind("ctrl")
    spec = mujoco.mjtState.mjSTATE_INTEGRATION
    offset = mujoco.mj_stateSize(engine.model, spec) - bare.state.shape[1]
    assert offset == 0
    data = mujoco.MjData(engine.model)
    driven = []
    for rows in controls:
        per_copy = []
        for row in rows:
            mujoco.mj_setState(engine.model, data, row, spec)
            per_copy.append(data.ctrl.copy())
        driven.append(per_copy)

    def physics() -> None:
        bare.state[:] = start
        for command in driven:
            ctrl[:] = command
            bare.step(nstep=env.engine.scene.num_substeps, stage=mujoco.mjtStage.mjSTAGE_POS)

    return {"bare": physics, "env": whole}


def main() -> None:
    """Measure the three that have a figure to meet, then the others for the record."""
    pin()
    rows = {}
    with torch.inference_mode():
        for task, control in (*WANTED, ("push", "tool"), ("pick_place", "tool")):
            times = take_turns(contenders(task, control), clock=time.process_time)
            share = ratio(times["bare"], times["env"])
            speed = COPIES * STEPS / min(times["env"])
            print(f"{task} {control}: {speed:,.0f} env-steps/s, physics alone would take {share:.0%} of it")
            if (task, control) in WANTED:
                rows[f"{task} {control}"] = (share, WANTED[task, control])
    finish(rows)


if __name__ == "__main__":
    main()
