"""Older policies of a run, for blind pairs with the newest that tell whether it still gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.envs.base import Env, Policy
from armchair.rollout.clips import CandidatePairs, RecentEpisodes
from armchair.training.asking.filming import episodes_of, film
from armchair.types import Clip

STRATEGY = "progress"
GAP = 24  # versions kept in the course of all answers, about
LEAST = 4  # answers that must lie between the two, or there is nothing to compare


class Version(NamedTuple):
    """A policy as it was."""

    answers: int  # that had been given
    policy_step: int  # environment steps it had been trained for
    net: dict[str, Tensor]


class PolicyHistory:
    """Policies from earlier in a run, those that may still be compared with the newest."""

    def __init__(self) -> None:
        self.versions: list[Version] = []

    def keep(self, answers: int, policy_step: int, net: ActorCritic) -> None:
        """Keep the policy as it is now, unless one was kept a moment ago."""
        if self.versions and answers - self.versions[-1].answers < max(1, answers // GAP):
            return
        copies = {name: value.clone() for name, value in net.tensors().items()}
        self.versions.append(Version(answers, policy_step, copies))
        while len(self.versions) > 1 and 2 * self.versions[1].answers <= answers:
            del self.versions[0]

    def older(self, answers: int) -> Version | None:
        """The policy of a third to half of the answers ago; None where there is none yet."""
        fit = [kept for kept in self.versions if 3 * kept.answers <= 2 * answers]
        return fit[-1] if fit and answers - fit[-1].answers >= LEAST else None

    def tensors(self) -> dict[str, Tensor]:
        """All of it, by name."""
        out: dict[str, Tensor] = {}
        for k, kept in enumerate(self.versions):
            out[f"{k}.at"] = torch.tensor([kept.answers, kept.policy_step])
            out |= {f"{k}.net.{name}": value for name, value in kept.net.items()}
        return out

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self.versions = []
        while (at := tensors.get(f"{len(self.versions)}.at")) is not None:
            start = f"{len(self.versions)}.net."
            net = {name[len(start) :]: tensors[name].clone() for name in tensors if name.startswith(start)}
            self.versions.append(Version(int(at[0]), int(at[1]), net))


def network_of(version: Version, like: ActorCritic) -> ActorCritic:
    """The older policy, able to act."""
    wishes = len(like.weights)
    net = ActorCritic(like.obs_dim, like.action_dim, like.hidden, 1.0, torch.Generator(), wishes=wishes)
    net.load_tensors(version.net)
    return net


def taking_turns(older: Policy, newer: Policy) -> Policy:
    """Even copies act as the older one does, odd ones as the newer."""

    def act(obs: Tensor) -> Tensor:
        odd = torch.arange(len(obs)).unsqueeze(1) % 2 == 1
        return torch.where(odd, newer(obs), older(obs))

    return act


def film_both(
    env: Env, older: Policy, newer: Policy, policy_step: int, rng: torch.Generator, *, stays: bool = False
) -> tuple[RecentEpisodes, int]:
    """An episode in every copy, two by two from the same layout, one of the two by each policy.

    policy_step: of the newer one. stays: see `RecentEpisodes`. -> the episodes, environment steps taken.
    """
    episodes = episodes_of(env, 1, stays=stays)
    episodes.policy_step = policy_step
    steps = film(env, episodes, taking_turns(older, newer), rng, same_start=True)
    return episodes, steps


def propose_both(episodes: RecentEpisodes, count: int, length: int, rng: torch.Generator) -> CandidatePairs:
    """At most `count` pairs of the two, of different layouts as far as there are as many.

    Pairs that are hard to tell apart stay in: that the two do the same is an answer, too.
    """
    pairs = episodes.propose(8 * count, length, rng, same_start=True, min_difference=0.0)
    layouts = (pairs.left_at.env // 2).tolist()
    again = [layout in layouts[:row] for row, layout in enumerate(layouts)]
    rows = sorted(range(len(layouts)), key=lambda row: again[row])[:count]
    return pairs.select(torch.tensor(rows, dtype=torch.int64))


def dated(pairs: CandidatePairs, clips: list[tuple[Clip, Clip]], version: Version) -> list[tuple[Clip, Clip]]:
    """The clips with the age of the policy that acts in them: in even copies it is the older one."""

    def at(clip: Clip, copy: int) -> Clip:
        return clip if copy % 2 else clip._replace(policy_step=version.policy_step)

    copies = zip(pairs.left_at.env.tolist(), pairs.right_at.env.tolist(), strict=True)
    return [
        (at(one, left), at(other, right)) for (one, other), (left, right) in zip(clips, copies, strict=True)
    ]
