"""Draw the picture at the top of the README: the arm about to put one block on another.

python examples/render_readme_picture.py [docs/images/arm.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.image
import torch

from armchair.arms import IIWA
from armchair.arms.iiwa import HOME
from armchair.arms.inverse import posture_for
from armchair.engines.display.camera import Camera
from armchair.engines.display.picture import Renderer, with_goal
from armchair.engines.scene import body_names
from armchair.engines.state import arm_state, body_poses
from armchair.maths import quat_from_yaw, yaw_of
from armchair.world import BLOCK_SIZE

SIZE = (960, 640)  # pixels
TOOL = (0.52, 0.05, 0.135)  # m
YAW = -0.45  # rad, both blocks' heading
CAMERA = Camera(lookat=(0.30, 0.01, 0.32), distance=1.42, azimuth=138.0, elevation=-17.0)


def posed() -> torch.Tensor:
    """Body poses of the scene and of a goal that is not drawn. -> (B + 1, 7)."""
    start = torch.tensor(HOME)
    start[0], start[2] = 0.35, -0.25
    joints = posture_for(IIWA, TOOL, start).float().unsqueeze(0)
    # the hand's heading follows from the joints; the last one turns it to the blocks'
    heading = hand_yaw(joints)
    joints[:, 6] += heading - YAW
    held = torch.tensor([TOOL])
    below = torch.tensor([[TOOL[0], TOOL[1], BLOCK_SIZE / 2]])
    places = torch.stack((held, below), dim=1)  # (1, 2, 3)
    turned = quat_from_yaw(torch.tensor([[YAW, YAW - 0.12]]))  # (1, 2, 4)
    opening = torch.tensor([BLOCK_SIZE])
    blocks = torch.cat((places, turned), dim=-1)
    state = arm_state(IIWA, joints, torch.zeros(1, 7), opening, opening, blocks, torch.zeros(1, 2, 6))
    return with_goal(body_poses(IIWA, state)[0], torch.zeros(3))


def hand_yaw(joints: torch.Tensor) -> torch.Tensor:
    """Heading of the hand's x axis. (1, 7) rad -> (1,) rad."""
    no_blocks = torch.zeros(1, 0, 7), torch.zeros(1, 0, 6)
    state = arm_state(IIWA, joints, torch.zeros(1, 7), torch.zeros(1), torch.zeros(1), *no_blocks)
    hand = body_names(0).index("hand")
    return yaw_of(body_poses(IIWA, state)[:, hand, 3:])


def main() -> None:
    """Draw and save the picture."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/arm.png")
    # drawn at twice the size and averaged: smoother than multisampling alone
    width, height = SIZE
    with Renderer(2, "none", 2 * width, 2 * height, CAMERA) as renderer:
        large = renderer.render(posed())
    small = large.reshape(height, 2, width, 2, 3).astype(float).mean((1, 3))
    matplotlib.image.imsave(path, small.round().astype("uint8"))
    print(path)


if __name__ == "__main__":
    main()
