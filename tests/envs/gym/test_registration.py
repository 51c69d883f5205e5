"""The ids: light to register, complete, and usable in a program that knows nothing of armchair."""

from __future__ import annotations

import subprocess
import sys

import gymnasium

from armchair.envs.gym.registration import IDS, register_envs


def run(code: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_registering_twice_is_silent_and_leaves_all_ids() -> None:
    register_envs()
    register_envs()
    assert len(IDS) == 5
    for name in IDS:
        spec = gymnasium.spec(name)
        assert spec.vector_entry_point is not None


def test_registering_loads_neither_torch_nor_a_simulator() -> None:
    code = (
        "import sys; from armchair.envs.gym.registration import register_envs; register_envs(); "
        "print([name for name in ('torch', 'mujoco', 'pybullet') if name in sys.modules])"
    )
    assert run(code).strip() == "[]"


def test_a_program_that_does_not_import_armchair_can_use_the_ids() -> None:
    code = (
        "import gymnasium; "
        "env = gymnasium.make('armchair:armchair/KukaReach-v0'); print(env.reset(seed=0)[0].shape); "
        "vec = gymnasium.make_vec('armchair:armchair/BlockStacking-v0', num_envs=4, "
        "vectorization_mode='vector_entry_point'); print(vec.reset(seed=0)[0].shape)"
    )
    assert run(code).split("\n")[:2] == ["(15,)", "(4, 42)"]
