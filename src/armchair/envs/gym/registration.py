"""The Gymnasium ids. Nothing heavy is imported here: the classes are named as strings."""

from __future__ import annotations

import gymnasium

_EXPORTS = (
    ("armchair/KukaReach-v0", "reach", 50),
    ("armchair/KukaPush-v0", "push", 60),
    ("armchair/KukaPickPlace-v0", "pick_place", 75),
    ("armchair/BlockStacking-v0", "stack", 75),
)
_SEED_ID, _SEED_HORIZON = "armchair/RobotArmReach-v0", 100

IDS = (*(row[0] for row in _EXPORTS), _SEED_ID)


def register_envs() -> None:
    """Make the ids known to Gymnasium; calling it twice is harmless."""
    for name, task, horizon in _EXPORTS:
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point="armchair.envs.gym.export:ArmGymEnv",
                vector_entry_point="armchair.envs.gym.export:ArmVectorEnv",
                max_episode_steps=horizon,
                kwargs={"task": task},
            )
    if _SEED_ID not in gymnasium.registry:
        gymnasium.register(
            _SEED_ID,
            entry_point="armchair.envs.gym.sketch:RobotArmReachEnv",
            vector_entry_point="armchair.envs.gym.sketch:RobotArmReachVectorEnv",
            max_episode_steps=_SEED_HORIZON,
        )
