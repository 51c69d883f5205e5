"""Hindsight experience replay on a learned reward: Stable-Baselines3's SAC, with goals set apart."""

import gymnasium
from _settings import SETTINGS
from stable_baselines3 import SAC, HerReplayBuffer

import armchair

STEPS = SETTINGS.pop("steps", 8_000)

if __name__ == "__main__":
    run = armchair.teach("reach", teacher="oracle", config=SETTINGS)
    env = armchair.LearnedReward(gymnasium.make("armchair/KukaReach-v0"), run, obs="goal")
    model = SAC(
        "MultiInputPolicy",
        env,
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs={"copy_info_dict": True},  # what is seen beside the goal, for tasks with blocks
        learning_starts=min(1000, STEPS // 2),
        gamma=0.9,
        seed=0,
    )
    model.learn(STEPS)
    obs, _ = env.reset(seed=1000)
    for _ in range(50):
        obs, reward, _, _, info = env.step(model.predict(obs, deterministic=True)[0])
    print(f"the last step pays {reward:.2f}; at the goal: {info['is_success']}")
