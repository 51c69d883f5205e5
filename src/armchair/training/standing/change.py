"""The arm before and now: what it did a while ago and what it does today, on the same goals, for the page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.envs.base import Env, Goals, Poses
from armchair.maths import generator
from armchair.store.board import CHANGE, Board
from armchair.training.asking.policy_history import PolicyHistory, network_of, taking_turns

GOALS = 2  # that are shown, one after the other
EVERY = 15.0  # s between two films, which cost a tenth of a second each
MEDIA = "application/octet-stream"


class Change:
    """Keeps policies from earlier fits, and films one of them beside the newest, where that can be done."""

    def __init__(
        self, board: Board, env: Env, seed: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """env: one that clips are filmed in; each film in it begins anew, so nobody misses where it stood."""
        self._board, self._env, self._seed, self._clock = board, env, seed, clock
        self._past = PolicyHistory()
        self._at = -EVERY

    def keep(self, answers: int, policy_step: int, net: ActorCritic) -> None:
        """The reward was fitted: this is the policy before it learns of that."""
        self._past.keep(answers, policy_step, net)

    def film(self, answers: int, policy_step: int, net: ActorCritic, *, now: bool = False) -> bool:
        """Film then and now, if it is time, and leave it on the board. now: in any case. -> whether so."""
        env, past = self._env, self._past.older(answers)
        past = past or next(iter(self._past.versions), None)
        if past is None or past.policy_step >= policy_step:
            return False
        if not (isinstance(env, Goals) and isinstance(env, Poses)) or env.num_envs < 2 * GOALS:
            return False
        if not now and self._clock() - self._at < EVERY:
            return False
        both = taking_turns(network_of(past, net).best, net.best)
        rng = generator(self._seed, "change")  # always the same goals
        obs, frames = env.reset_alike(torch.arange(env.num_envs) // 2, rng), list[Tensor]()
        for _ in range(env.horizon):
            step = env.step(both(obs))
            assert step.poses is not None, "what films records poses"
            frames.append(step.poses[: 2 * GOALS])
            obs = step.obs
        poses = torch.stack(frames, 1).unflatten(0, (GOALS, 2)).transpose(0, 1)  # (2, GOALS, L, B, 7)
        self._board.put_asset(CHANGE, packed(past.answers, answers, poses.flatten(1, 2)), MEDIA)
        self._at = self._clock()
        return True

    def tensors(self) -> dict[str, Tensor]:
        """The earlier policies, by name."""
        return self._past.tensors()

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._past.load_tensors(tensors)


def packed(before: int, now: int, poses: Tensor) -> bytes:
    """As the page reads it: the header's length (uint32), the header as JSON, padded, then float32 poses.

    before, now: after how many answers. poses: (2, L, B, 7).
    """
    _, steps, bodies, _ = poses.shape
    header = json.dumps({"before": before, "now": now, "steps": steps, "bodies": bodies}).encode()
    header += b" " * (-len(header) % 4)
    return len(header).to_bytes(4, "little") + header + poses.contiguous().float().numpy().tobytes()
