"""The parts of armchair that are installed on demand: `pip install 'armchair[NAME]'`."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import NamedTuple

from armchair.errors import MissingDependency, check_choice


class Extra(NamedTuple):
    """One of them, as in pyproject.toml."""

    gives: str  # what works with it
    modules: tuple[str, ...]  # what must be there to be imported


EXTRAS: dict[str, Extra] = {
    "bullet": Extra("the engine PyBullet", ("pybullet",)),
    "clips": Extra("clips in a store of objects (--clips s3://…)", ("fsspec",)),
    "dashboard": Extra("the dashboard", ("streamlit", "altair", "pandas")),
    "gym": Extra("pictures of Gymnasium's own environments", ("imageio", "pygame")),
    "hub": Extra("policies pushed to the Hugging Face Hub", ("huggingface_hub",)),
    "judge": Extra("a model that judges (armchair judge)", ("openai",)),
    "minari": Extra("demonstrations of Minari data sets", ("h5py",)),
    "onnx": Extra("policies as ONNX, and playing them", ("onnx", "onnxscript", "onnxruntime")),
    "parquet": Extra("Parquet and LeRobot data sets", ("pyarrow",)),
    "plots": Extra("plots", ("matplotlib",)),
    "postgres": Extra("stores on a PostgreSQL server", ("psycopg",)),
    "ray": Extra("runs and environments on a Ray cluster", ("ray",)),
    "robotics": Extra("environments of gymnasium-robotics and Meta-World", ("gymnasium_robotics", "scipy")),
    "sweep": Extra("searches with Optuna (armchair sweep)", ("optuna",)),
    "tensorboard": Extra("metrics for TensorBoard", ("tensorboard",)),
    "track": Extra("metrics for other trackers", ("accelerate",)),
    "warp": Extra("the engine warp, for GPUs", ("mujoco_warp", "warp")),
}


def missing(extra: str) -> list[str]:
    """The modules of an extra that are not installed; nothing is imported. Raises InvalidChoice."""
    return [name for name in EXTRAS[check_choice("extra", extra, EXTRAS)].modules if not _is_there(name)]


def command(extra: str) -> str:
    """What installs an extra."""
    return f"pip install 'armchair[{check_choice('extra', extra, EXTRAS)}]'"


def need(extra: str, what: str) -> None:
    """Raises MissingDependency, with what installs the extra, where a part of it is missing.

    what: cannot be had without it ("a plot").
    """
    if absent := missing(extra):
        raise MissingDependency(f"{what} needs {' and '.join(absent)}", command(extra))


def _is_there(module: str) -> bool:
    with suppress(ImportError, ValueError):  # ValueError: a module put there by hand, without a spec
        return find_spec(module) is not None
    return False
