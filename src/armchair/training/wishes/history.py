"""The skill by itself, in the place of older policies: what a run of wishes is compared with, blind."""

from __future__ import annotations

from armchair.agents.networks import ActorCritic
from armchair.agents.weighted import with_wishes
from armchair.training.asking.policy_history import LEAST, PolicyHistory, Version


class SkillHistory(PolicyHistory):
    """One version, for good."""

    def __init__(self, skill: ActorCritic, wishes: int) -> None:
        super().__init__()
        net = with_wishes(skill, wishes).tensors()
        self.versions = [Version(0, 0, {name: value.clone() for name, value in net.items()})]

    def keep(self, answers: int, policy_step: int, net: ActorCritic) -> None:
        """Nothing else is kept."""

    def older(self, answers: int) -> Version | None:
        """The skill, once there is something to compare with it."""
        return self.versions[0] if answers >= LEAST else None
