"""`doctor` names every flipped bit that changes what is read later."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FLIPS = [40, pytest.param(200, marks=pytest.mark.slow), pytest.param(2000, marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def flips() -> ModuleType:
    spec = importlib.util.spec_from_file_location("flips", Path(__file__).with_name("flips.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("number", FLIPS)
def test_no_flip_in_a_store_is_missed(number: int, flips: ModuleType, tmp_path: Path) -> None:
    told = flips.flip_store(flips.make_run(tmp_path), number, seed=number)
    assert not told["missed"] and told["named"] > number // 10, told  # the rest is free space


@pytest.mark.parametrize("number", FLIPS)
def test_no_flip_in_a_checkpoint_is_missed(number: int, flips: ModuleType, tmp_path: Path) -> None:
    told = flips.flip_checkpoints(flips.make_run(tmp_path), number, seed=number)
    assert told["missed"] <= number // 50, told  # white space of a manifest
