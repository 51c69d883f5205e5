"""Questions of one's own choice, compared with those that are asked by default, over two seeds."""

import torch
from _settings import SETTINGS

import armchair
from armchair.feedback.acquisition import Predictions


def least_sure(predictions: Predictions, n: int, rng: torch.Generator) -> torch.Tensor:
    """The n pairs whose answer the reward models together are least sure of."""
    doubt = (predictions.prefers_right().mean(0) - 0.5).abs()
    return doubt.argsort()[:n]


def final_success(strategy: armchair.Strategy | None, seed: int) -> float:
    """Of a run that is taught by the task's own reward."""
    config = {"seed": seed, **SETTINGS}
    return armchair.teach("reach", teacher="oracle", config=config, strategy=strategy).success or 0.0


if __name__ == "__main__":
    for name, strategy in (("as by default", None), ("least sure", least_sure)):
        print(name, [f"{final_success(strategy, seed):.0%}" for seed in (0, 1)])
