"""Preference comparisons of HumanCompatibleAI's `imitation` 1.0.1 on our reach task, with as many answers.

Runs in an environment of its own (`setup.sh`), with the versions that `imitation` asks for. The task is the
`ArmEnv` behind `armchair/KukaReach-v0`, tool control, MuJoCo, straight under SB3's `VecEnv`. The teacher is
`SyntheticGatherer(temperature=0)`: the clip with the higher sum of the task's own reward, always. Success is
counted as everywhere here: within 2.5 cm at the end, 100 episodes, deterministic policy, our evaluation.

--setting documented  tutorial 5 of its documentation ("Learning a Reward Function using Preference
                      Comparisons"). Departures: clips of 50 steps, a whole episode, in the place of 100;
                      as many rounds as the recommended 60 or as answers and steps allow; the teacher does
                      not err; what is left of --steps is learnt on the last reward. As in the tutorial a new
                      policy is then trained on the frozen reward, for 100 000 steps more ("relearnt").
          ours        our PPO settings as far as SB3 has them, our clip length (20) and pace of questions;
                      reward network and its training as documented, its output normalised.
          best        the same, with its ensemble of 5, active selection of the pairs and 50 epochs a fit.
--inputs observation  its default: the policy's observation (which holds the way to the goal) and the action
         raw          what our reward model is given, of the state reached: the places of tool and goal
         flat         our relations of those
         relational   the same at our scales: distances large, directions and heights small
--truth               the same PPO on the task's own reward: the ceiling, and does the harness learn at all

One JSON object ends the output. TQDM_DISABLE=1 silences the progress bars.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import torch
from _sb3 import Floats, SB3Env
from imitation.algorithms import preference_comparisons as pc
from imitation.policies.base import FeedForward32Policy, NormalizeFeaturesExtractor
from imitation.rewards.reward_nets import (
    AddSTDRewardWrapper,
    BasicRewardNet,
    NormalizedRewardNet,
    RewardEnsemble,
    RewardNet,
)
from imitation.rewards.reward_wrapper import RewardVecEnvWrapper
from imitation.util import logger as imitation_logger
from imitation.util.networks import RunningNorm, build_mlp
from imitation.util.util import oric
from reach import heldout, judge, reach_env
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor, nn

from armchair.rewards.relations import Relations
from armchair.types import VisibleLayout

FIRST_SEED = 100  # as in ../studies/teach_seeds.py
ROLLOUT = 2048  # env steps between two updates, in both settings and in our preset
MANY = 60  # answers from which our sessions are of 5 questions instead of 2, after the first quarter
RELEARN = 100_000  # env steps, what the tutorial says for "a proficient expert"
PACKAGES = ("imitation", "stable-baselines3", "gymnasium", "torch", "mujoco")
INPUTS = ("observation", "raw", "flat", "relational")
VISIBLE = [0, 1, 2, 6, 7, 8]  # where an observation of reach holds tool and goal, as `visible` does


@dataclass(frozen=True)
class Setting:
    """How the peer is run."""

    num_envs: int = 8  # `make_vec_env`'s default
    clip: int = 50
    initial: float = 0.1  # share of the answers before there is a policy
    rounds: int = 60
    schedule: str = "hyperbolic"
    updates_a_round: int = 0  # 0: the steps are shared out evenly
    oversampling: float = 1.0
    exploration: float = 0.05
    epochs: int = 3  # over the answers in a fit; the first fit takes 4 times as many
    members: int = 1
    normalise: bool = False  # the reward's mean and spread
    relearn: bool = True


DOCUMENTED = Setting()
OURS = Setting(
    num_envs=64,
    clip=20,
    initial=0.4,
    schedule="constant",
    updates_a_round=3,
    oversampling=10.0,  # our questions are chosen from 16 filmed episodes
    exploration=0.0,  # its default; with 64 copies each round of it would cost 3200 steps
    normalise=True,
    relearn=False,
)
SETTINGS = {"documented": DOCUMENTED, "ours": OURS, "best": replace(OURS, members=5, epochs=50)}

DOCUMENTED_PPO = {
    "policy": FeedForward32Policy, "batch_size": 64, "n_epochs": 10, "learning_rate": 2e-3, "clip_range": 0.1,
    "gamma": 0.97, "gae_lambda": 0.95, "ent_coef": 0.01,
}  # fmt: skip
# ours as in the preset `reach`; no adaptive learning rate, penalty on large actions nor floor of the spread
OUR_PPO = {
    "policy": "MlpPolicy", "batch_size": 1024, "n_epochs": 5, "learning_rate": 1e-3, "clip_range": 0.2,
    "gamma": 0.95, "gae_lambda": 0.95, "ent_coef": 0.0, "max_grad_norm": 1.0, "target_kl": 0.05,
}  # fmt: skip
OUR_POLICY = {
    "net_arch": {"pi": [64, 64], "vf": [64, 64]},
    "activation_fn": nn.ELU,
    "log_std_init": math.log(0.6),
}
OUR_SCALE = 4.0 * (1.0 - 0.95)  # of rewards, as in `PPOConfig.reward_scale`


class VisibleNet(RewardNet):
    """Their layers on our inputs, of the state reached: normalised by theirs, then at our scales or not."""

    def __init__(self, venv: SB3Env, inputs: str) -> None:
        super().__init__(venv.observation_space, venv.action_space)
        task = venv.env.task
        layout = VisibleLayout(task.points, task.scalars)
        self._relations = Relations(layout, "raw" if inputs == "raw" else "relational")
        self.norm = RunningNorm(self._relations.size)
        groups = [torch.full((group.size,), group.prior) for group in self._relations.groups]
        self.register_buffer("scale", torch.cat(groups) if inputs == "relational" else torch.ones(()))
        self.mlp = build_mlp(self._relations.size, (32, 32), 1, squeeze_output=True)

    def forward(self, state: Tensor, action: Tensor, next_state: Tensor, done: Tensor) -> Tensor:
        """(B, D), (B, A), (B, D), (B,) -> (B,)."""
        return self.mlp(self.norm(self._relations(next_state[:, VISIBLE])) * self.scale)


def make_net(venv: SB3Env, setting: Setting, inputs: str) -> RewardNet:
    """A reward network as configured."""

    def one() -> RewardNet:
        spaces = (venv.observation_space, venv.action_space)
        own = inputs == "observation"
        net = BasicRewardNet(*spaces, normalize_input_layer=RunningNorm) if own else VisibleNet(venv, inputs)
        return NormalizedRewardNet(net, RunningNorm) if setting.normalise else net

    if setting.members == 1:
        return one()
    members = [one() for _ in range(setting.members)]
    ensemble = RewardEnsemble(venv.observation_space, venv.action_space, members)
    return AddSTDRewardWrapper(ensemble, default_alpha=0.0)


def make_agent(venv: VecEnv, setting: Setting, seed: int) -> PPO:
    """Their PPO."""
    normal = {
        "features_extractor_class": NormalizeFeaturesExtractor,
        "features_extractor_kwargs": {"normalize_class": RunningNorm},
    }
    ours = setting.num_envs == OURS.num_envs
    chosen = OUR_PPO if ours else DOCUMENTED_PPO
    return PPO(
        env=venv,
        seed=seed,
        device="cpu",
        n_steps=ROLLOUT // venv.num_envs,
        policy_kwargs={**normal, **(OUR_POLICY if ours else {})},
        **chosen,
    )


def rounds_of(setting: Setting, answers: int, steps: int) -> int:
    """Most rounds of questions in which each has at least one and there are steps to learn from each."""
    later = answers - int(answers * setting.initial)
    most = max(1, min(setting.rounds, later, steps // ROLLOUT // max(1, setting.updates_a_round) - 1))
    if setting.updates_a_round:  # our sizes of session
        return min(most, later // (2 if answers < MANY else 5))
    for rounds in range(most, 1, -1):
        share = np.vectorize(pc.QUERY_SCHEDULES[setting.schedule])(np.linspace(0, 1, rounds))
        if oric(share / share.sum() * later).min() >= 1:
            return rounds
    return 1


class Taught(NamedTuple):
    """One run."""

    success: float
    relearnt: float | None  # success of a new policy on the frozen reward
    total: float  # mean return, the task's own reward
    answers: int
    env_steps: int  # for teaching; relearning took RELEARN more
    seconds: float  # of CPU, teaching only
    relearn_seconds: float
    accuracy: float | None  # of the reward on held-out pairs, half random motion, half noisy scripted
    on_policy: float | None  # and on pairs of the policy's own episodes


def teach(setting: Setting, answers: int, steps: int, inputs: str, seed: int) -> Taught:
    """Their loop, once."""
    begun = time.process_time()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    venv = reach_env(setting.num_envs, seed)
    net = make_net(venv, setting, inputs)
    agent = make_agent(venv, setting, seed)

    def ours(*step: Floats) -> Floats:  # mean ½, spread ¼, then PPO's scale
        return OUR_SCALE * (0.5 + 0.25 * net.predict_processed(*step))

    reward = ours if setting.normalise else net
    generator = pc.AgentTrainer(agent, reward, venv, rng, exploration_frac=setting.exploration)
    rounds = rounds_of(setting, answers, steps)
    a_round = ROLLOUT * (setting.updates_a_round or max(1, steps // ROLLOUT // (rounds + 1)))
    preferences = loop_of(setting, net, generator, rounds, rng)
    preferences.train(total_timesteps=rounds * a_round, total_comparisons=answers)
    rest = steps - venv.steps
    if rest > 0:
        agent.learn(rest, reset_num_timesteps=False)
    seconds, taken = time.process_time() - begun, venv.steps
    success, total = judge(agent, seed)
    relearnt, begun = None, time.process_time()
    if setting.relearn:
        frozen = RewardVecEnvWrapper(reach_env(setting.num_envs, seed + 1000), net.predict_processed)
        learner = make_agent(frozen, setting, seed)
        relearnt = judge(learner.learn(RELEARN), seed)[0]
    relearning = time.process_time() - begun
    asked = len(preferences.dataset)
    held, own = heldout(net, None, setting.clip, seed), heldout(net, agent, setting.clip, seed)
    venv.close()
    return Taught(success, relearnt, total, asked, taken, seconds, relearning, held, own)


def loop_of(
    setting: Setting, net: RewardNet, generator: pc.AgentTrainer, rounds: int, rng: np.random.Generator
) -> pc.PreferenceComparisons:
    """Their parts, put together."""
    model = pc.PreferenceModel(net)
    loss = pc.CrossEntropyRewardLoss()
    fragmenter: pc.Fragmenter = pc.RandomFragmenter(rng=rng, warning_threshold=0)
    if setting.members > 1:
        trainer = pc.EnsembleTrainer(model, loss, rng=rng, epochs=setting.epochs)
        fragmenter = pc.ActiveSelectionFragmenter(model, fragmenter, fragment_sample_factor=10)
    else:
        trainer = pc.BasicRewardTrainer(model, loss, rng=rng, epochs=setting.epochs)
    return pc.PreferenceComparisons(
        generator,
        net,
        num_iterations=rounds,
        fragmenter=fragmenter,
        preference_gatherer=pc.SyntheticGatherer(temperature=0, sample=False),
        reward_trainer=trainer,
        fragment_length=setting.clip,
        transition_oversampling=setting.oversampling,
        initial_comparison_frac=setting.initial,
        initial_epoch_multiplier=4,
        query_schedule=setting.schedule,
        custom_logger=imitation_logger.configure(tempfile.mkdtemp(), ["csv"]),
    )


def train_on_truth(setting: Setting, steps: int, seed: int) -> Taught:
    """Their PPO on the task's own reward."""
    begun = time.process_time()
    scale = OUR_SCALE if setting.normalise else 1.0
    venv = reach_env(setting.num_envs, seed, scale)
    agent = make_agent(venv, setting, seed).learn(steps)
    seconds = time.process_time() - begun
    success, total = judge(agent, seed)
    return Taught(success, None, total, 0, venv.steps, seconds, 0.0, None, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--setting", default="documented", choices=list(SETTINGS))
    parser.add_argument("--inputs", default="relational", choices=list(INPUTS))
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--steps", type=int, default=101_000, help="env steps of teaching; ours take as many")
    parser.add_argument("--epochs", type=int, help="over the answers in a fit, in the place of the setting's")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--truth", action="store_true", help="learn from the task's own reward")
    args = parser.parse_args()
    torch.set_num_threads(1)
    setting = SETTINGS[args.setting]
    if setting.updates_a_round and args.answers >= MANY:
        setting = replace(setting, initial=0.25)
    if args.epochs:
        setting = replace(setting, epochs=args.epochs)
    runs = []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        if args.truth:
            runs.append(train_on_truth(setting, args.steps, seed))
        else:
            runs.append(teach(setting, args.answers, args.steps, args.inputs, seed))
        print(f"seed {seed}: {runs[-1]}", flush=True)
    versions = {name: version(name) for name in PACKAGES}
    figures = {"runs": [run._asdict() for run in runs], "versions": versions}
    print(json.dumps({**vars(args), **asdict(setting), **figures}))


if __name__ == "__main__":
    main()
