from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.ensemble import (
    Normaliser,
    RewardConfig,
    RewardEnsemble,
    init_weights,
    networks,
    normalise_outputs,
)
from armchair.rewards.relations import Relations
from armchair.rewards.saved import read_reward
from armchair.types import VisibleLayout

LAYOUT = VisibleLayout(("tool", "goal"), ("opening",))


def made(config: RewardConfig | None = None) -> RewardEnsemble:
    config = config or RewardConfig(members=3, hidden=8)
    inputs = Relations(LAYOUT, config.inputs, config.chosen).size
    rng = generator(0, "weights")
    one = torch.ones(config.members, 1)
    normaliser = Normaliser(torch.rand(inputs), torch.rand(inputs) + 0.5, 0.1 * one, 0.3 * one)
    return RewardEnsemble(
        LAYOUT, config, init_weights(config.members, inputs, config.hidden, rng), normaliser
    )


def test_the_batched_ensemble_is_so_many_networks() -> None:
    weights = init_weights(3, 6, 16, generator(0, "w"))
    inputs = torch.randn(40, 6)
    together = networks(weights, inputs)
    for k in range(3):
        net = nn.Sequential(
            nn.Linear(6, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 1, bias=False), nn.Tanh()
        )
        matrices = (weights.w1[k].T, weights.b1[k, 0], weights.w2[k].T, weights.b2[k, 0], weights.w3[k].T)
        for parameter, value in zip(net.parameters(), matrices, strict=True):
            parameter.data.copy_(value)
        assert torch.allclose(together[k], net(inputs).squeeze(1), atol=1e-6)
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_shapes_and_probabilities() -> None:
    ensemble = made()
    states = torch.rand(5, 7, LAYOUT.size)
    assert ensemble(states).shape == (3, 5, 7)
    assert ensemble(states[0, 0]).shape == (3,)
    assert ensemble(states[:0]).shape == (3, 0, 7)
    assert ensemble.clip_values(states[:0]).shape == (3, 0), "no clips are no mistake"
    assert torch.allclose(ensemble.mean(states), ensemble(states).mean(0))
    left, right = torch.rand(2, 6, 10, LAYOUT.size)
    forth, back = ensemble.probability(left, right), ensemble.probability(right, left)
    assert forth.shape == (3, 6)
    assert torch.allclose(forth + back, torch.ones(3, 6), atol=1e-6)
    # the side with the larger mean reward is the likelier one
    assert torch.equal(forth > 0.5, ensemble(right).mean(-1) > ensemble(left).mean(-1))


def test_outputs_are_normalised_by_member_and_together() -> None:
    outputs = torch.randn(4, 100) * torch.tensor([[1.0], [10.0], [0.1], [2.0]]) + 3.0
    offset, divisor = normalise_outputs(outputs)
    scaled = (outputs - offset) / divisor
    assert torch.allclose(scaled.mean(1), torch.zeros(4), atol=1e-5)
    assert scaled.mean(0).std(correction=0).item() == pytest.approx(1.0, abs=1e-5)
    spreads = scaled.std(1)
    assert torch.allclose(spreads, spreads[:1].expand(4), rtol=1e-4)
    offset, divisor = normalise_outputs(torch.full((2, 5), 0.3))
    assert torch.isfinite((torch.full((2, 5), 0.3) - offset) / divisor).all()


def test_saved_and_loaded_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    config = RewardConfig(inputs="chosen", chosen=("tool-goal:way", "opening"), members=2, hidden=4, std=0.2)
    ensemble = made(config)
    ensemble.save(tmp_path / "reward.safetensors")
    loaded = read_reward(tmp_path / "reward.safetensors")
    states = torch.rand(9, LAYOUT.size)
    assert loaded.config == config and loaded.layout == LAYOUT
    assert torch.equal(loaded(states), ensemble(states))


def test_what_is_no_reward_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reward.safetensors"
    with pytest.raises(InvalidInput, match="no reward model"):
        read_reward(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(InvalidInput, match="no reward model"):
        read_reward(path)
    save_file({"w1": torch.zeros(1)}, path)
    with pytest.raises(InvalidInput, match="format"):
        read_reward(path)


def test_wrong_sizes_are_named() -> None:
    ensemble = made()
    short = ensemble.weights._replace(w2=torch.zeros(3, 8, 7))
    with pytest.raises(InvalidInput, match=r"w2 must have the shape \(3, 8, 8\)"):
        RewardEnsemble(LAYOUT, ensemble.config, short, ensemble.normaliser)


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": 0},
        {"drop": 1.0},
        {"crop": 0.0},
        {"smoothing": 0.5},
        {"early_stop": -1},
        {"early_stop": 5, "bootstrap": False},  # nothing left out to look at
    ],
)
def test_settings_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        RewardConfig(**wrong)  # pyright: ignore[reportArgumentType]
