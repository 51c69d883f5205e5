"""The reward of a run of wishes: what its models look at, and that they come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from armchair.config.teach import TeachConfig
from armchair.config.wishes import WishConfig
from armchair.ids import new_id
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import fit
from armchair.store.store import Store
from armchair.training.wishes.reward import WishReward
from armchair.types import Answer, Clip, PreferenceBatch, Question, VisibleLayout

POINTS = VisibleLayout(("tool", "goal"), ())
NUMBERS = VisibleLayout((), ("a", "b", "c", "d", "e", "f"))
CONFIG = TeachConfig(
    reward=RewardConfig(inputs="criteria", form="linear", members=8),
    wishes=WishConfig(asked={"slow": "Which one is slower?"}),
)


def skill(layout: VisibleLayout) -> RewardEnsemble:
    rng = generator(0)
    clips = torch.randn(2, 4, 6, layout.size, generator=rng)
    none = torch.zeros(4, dtype=torch.bool)
    batch = PreferenceBatch(clips[0], clips[1], torch.ones(4), torch.ones(4), none, torch.arange(4))
    return fit(batch, clips.flatten(0, 2), layout, RewardConfig(members=2, hidden=8), rng)[0]


def answered(store: Store) -> None:
    """Twelve answers for the clip in which the first three numbers change less."""
    rng = generator(1)
    store.board.set_setting("repeat_share", 0.0)
    for _ in range(12):
        pair = [0.02 * torch.randn(8, 6, generator=rng).cumsum(0) * scale for scale in (1.0, 3.0)]
        left, right = (
            Clip(new_id(), seen, torch.zeros(8, 1), torch.zeros(8), torch.zeros(8, 1, 7), None, 0, 0, 0)
            for seen in pair
        )
        question = Question(new_id(), left.id, right.id, "different", 0, wish="slow")
        store.ask([question], clips=[left, right])
        store.claim("ann", n=1)
        store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, 1.0))


@pytest.mark.parametrize(("layout", "looks_at"), [(POINTS, "criteria"), (NUMBERS, "raw")])
def test_what_is_learned_comes_back(tmp_path: Path, layout: VisibleLayout, looks_at: str) -> None:
    """With points criteria are found, whose codes are kept; without, a weighted sum of all numbers."""
    with Store.open(tmp_path / "armchair.db") as store:
        store.add_wish("slow", "Which one is slower?")
        answered(store)
        reward, again = (WishReward(CONFIG, skill(layout), store) for _ in range(2))
        reward.fit(reward.given(store), store.position(), 0)
        model = reward.models["slow"]
        assert model.config.inputs == looks_at and bool(model.config.chosen) == (looks_at == "criteria")
        again.load_tensors(reward.tensors())
        clips = torch.randn(5, 8, 6, generator=generator(2))
        torch.testing.assert_close(again.models["slow"].clip_values(clips), model.clip_values(clips))
        assert again.judge is again.models["slow"]
