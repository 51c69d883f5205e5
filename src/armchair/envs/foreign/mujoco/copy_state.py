"""One copy of an environment of others: all that its future depends on, kept and put back."""

from __future__ import annotations

import gymnasium
from mujoco import MjData, MjModel
from torch import Tensor

from armchair.envs.foreign.mujoco.archive import pack, unpack
from armchair.envs.foreign.mujoco.model import find_model
from armchair.envs.foreign.mujoco.plain import Reader, write
from armchair.envs.foreign.mujoco.simulation import read_simulation, write_simulation
from armchair.errors import InvalidInput

Foreign = gymnasium.Env[object, object]


def keep_copy(env: Foreign) -> Tensor:
    """The simulation, and what the environment and its wrappers remember. -> (K,) uint8.

    Raises InvalidInput where MuJoCo does not simulate it, or it remembers too much.
    """
    model, data = _simulation_of(env)
    reader = Reader()
    plain = reader.read(env)
    arrays = {f"plain.{k}": array for k, array in enumerate(reader.arrays)}
    return pack(plain, read_simulation(model, data) | arrays)


def put_back(env: Foreign, kept: Tensor, *, generators: bool = True) -> None:
    """Bring a copy of the same make to where `keep_copy` was asked. Raises InvalidInput where it is not.

    generators: whether it draws the same from here on; else it goes on with its own.
    """
    plain, arrays = unpack(kept)
    count = sum(name.startswith("plain.") for name in arrays)
    write(env, plain, [arrays[f"plain.{k}"] for k in range(count)], generators=generators)
    model, data = _simulation_of(env)
    write_simulation(model, data, arrays)


def _simulation_of(env: Foreign) -> tuple[MjModel, MjData]:
    found = find_model(env)
    if found is None:
        raise InvalidInput("this environment is not simulated by MuJoCo")
    return found
