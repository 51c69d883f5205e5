"""The Gymnasium ids. Nothing heavy is imported here: the classes are named as strings."""

from __future__ import annotations

import gymnasium

_ARM = "export:ArmGymEnv", "export:ArmVectorEnv"
_SKETCH = "sketch:RobotArmReachEnv", "sketch:RobotArmReachVectorEnv"
_ENVS = {  # classes for one copy and for many, steps of an episode, arguments
    "armchair/KukaReach-v0": (_ARM, 50, {"task": "reach"}),
    "armchair/KukaPush-v0": (_ARM, 60, {"task": "push"}),
    "armchair/KukaPickPlace-v0": (_ARM, 75, {"task": "pick_place"}),
    "armchair/BlockStacking-v0": (_ARM, 75, {"task": "stack"}),
    "armchair/RobotArmReach-v0": (_SKETCH, 100, {}),
}
IDS = tuple(_ENVS)


def register_envs() -> None:
    """Make the ids known to Gymnasium; calling it twice is harmless."""
    for name, ((single, vector), horizon, arguments) in _ENVS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=f"armchair.envs.gym.{single}",
                vector_entry_point=f"armchair.envs.gym.{vector}",
                max_episode_steps=horizon,
                kwargs=arguments,
            )
