"""Another learner on a learned reward: Stable-Baselines3's PPO, in 16 copies at once."""

import gymnasium
from _settings import SETTINGS
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

import armchair

STEPS = SETTINGS.pop("steps", 60_000)

if __name__ == "__main__":
    run = armchair.teach("reach", teacher="oracle", config=SETTINGS)
    many = armchair.LearnedVectorReward(gymnasium.make_vec("armchair/KukaReach-v0", num_envs=16), run)
    env = VecNormalize(armchair.SB3VecEnv(many), norm_reward=False)  # the reward has its scale already
    model = PPO("MlpPolicy", env, n_steps=128, batch_size=256, gamma=0.95, gae_lambda=0.9, learning_rate=1e-3,
                policy_kwargs={"log_std_init": -0.5}, device="cpu", seed=0)  # fmt: skip
    model.learn(STEPS)

    report, ended = gymnasium.make("armchair/KukaReach-v0"), 0
    for episode in range(20):
        obs, _ = report.reset(seed=1000 + episode)
        for _ in range(50):
            action, _ = model.predict(env.normalize_obs(obs), deterministic=True)
            obs, _, _, _, info = report.step(action)
        ended += info["is_success"]
    print(f"{ended} of 20 episodes end at the goal, {STEPS:,} steps on {len(run.answers)} answers' reward")
