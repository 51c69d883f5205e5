from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import armchair
from armchair.envs.gym.registration import IDS


def run(program: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_makes_the_ids_known_and_loads_nothing_heavy() -> None:
    program = (
        "import sys, armchair, gymnasium\n"
        "print(*[name for name in gymnasium.registry if name.startswith('armchair/')])\n"
        "print({'torch', 'mujoco', 'pybullet'} & set(sys.modules))"
    )
    assert run(program).splitlines() == [" ".join(IDS), "set()"]


def test_registering_twice_is_harmless_and_silent() -> None:
    program = (
        "import warnings\nwarnings.simplefilter('error')\nimport armchair as a\na.register_envs()\nprint(1)"
    )
    assert run(program) == "1"


def test_public_names_exist_and_the_version_is_that_of_the_package() -> None:
    assert all(hasattr(armchair, name) for name in armchair.__all__)
    assert armchair.__version__ == importlib.metadata.version("armchair")
