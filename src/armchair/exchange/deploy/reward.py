"""The reward model as ONNX: what a person sees -> the mean and the standard deviation of its members."""

from __future__ import annotations

import json
from pathlib import Path

from armchair.exchange.deploy.modules import RewardModule, reward_ports
from armchair.exchange.deploy.writing import program_of, write_onnx
from armchair.jsonable import Json
from armchair.rewards.ensemble import RewardEnsemble
from armchair.version import __version__

KEY, FORMAT = "armchair", "armchair-reward-onnx-1"


def write_reward(model: RewardEnsemble, task: str, file: Path) -> None:
    """Write it as one file. Raises MissingDependency without the extra `onnx`."""
    layout = model.layout
    units = layout.units or ("",) * len(layout.scalars)
    names = [f"{point}_{axis}" for point in layout.points for axis in "xyz"] + list(layout.scalars)
    of_each = ("m",) * (3 * len(layout.points)) + tuple(units)
    visible: list[Json] = [{"name": name, "unit": unit} for name, unit in zip(names, of_each, strict=True)]
    told: dict[str, Json] = {
        "format": FORMAT,
        "armchair": __version__,
        "task": task,
        "visible": visible,
        "members": model.config.members,
        "mean": model.config.mean,
        "std": model.config.std,
    }
    texts = {KEY: json.dumps(told, ensure_ascii=False), "input_names": ",".join(names)}
    module, ports = RewardModule(model), reward_ports(model)
    write_onnx(program_of(module, ports), ports, texts, file)
