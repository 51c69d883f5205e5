"""All numbers of a MuJoCo simulation, as arrays by name, and back.

`mj_getState` with mjSTATE_INTEGRATION has what the next step depends on. Environments of others read more
than that between two steps: positions that are a step behind, forces of the last contact. They also write to
the model itself: where a goal is, how much a block weighs. So both are kept whole, but for what is of no
fixed size or cannot change: contacts, constraints, meshes, textures, names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

import mujoco
import numpy as np
from mujoco import MjData, MjModel
from numpy.typing import NDArray

from armchair.errors import InvalidInput

Arrays = dict[str, NDArray[np.generic]]

_STATE = "state"
_ALL = int(mujoco.mjtState.mjSTATE_INTEGRATION)
_FLAGS = ("flg_energypos", "flg_energyvel", "flg_subtreevel", "flg_rnepost")  # what is up to date in the data
_PASSING = (  # of the data: of no fixed size, or made anew in each step
    *("efc_", "efm_", "iefc_", "island_", "map_", "bvh_", "maxuse_", "iacc", "ifrc_", "contact", "timer"),
    *("body_awake_ind", "dof_awake_ind", "parent_awake_ind"),
)
_FIXED = (  # of the model
    *("mesh_", "tex_", "skin_", "hfield_", "flex_", "flexedge_", "flexelem_", "flexvert_", "bvh_", "oct_"),
    *("name", "paths", "text_", "tuple_", "key_", "mapM", "mapD", "D_", "B_", "M_", "J_"),
)


def read_simulation(model: MjModel, data: MjData) -> Arrays:
    """Copies of all that can change, by name."""
    state = np.empty(mujoco.mj_stateSize(model, _ALL))
    mujoco.mj_getState(model, data, state, _ALL)
    found: Arrays = {_STATE: state}
    found |= {f"data.{name}": value.copy() for name, value in _arrays(data, _PASSING).items()}
    found |= {f"model.{name}": value.copy() for name, value in _arrays(model, _FIXED).items()}
    found |= {f"opt.{name}": np.array(getattr(model.opt, name)) for name in _names(type(model.opt))}
    found["flags"] = np.array([int(getattr(data, name, 0)) for name in _FLAGS])
    return found


def write_simulation(model: MjModel, data: MjData, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Put back what `read_simulation` gave. Raises InvalidInput where it was of another model."""
    mine = _arrays(model, _FIXED)
    _check(arrays, mine, model)
    for name, value in mine.items():
        if value.flags.writeable:
            value[...] = arrays[f"model.{name}"]
    for name in _names(type(model.opt)):
        _set_option(model, name, arrays[f"opt.{name}"])
    mujoco.mj_setState(model, data, np.ascontiguousarray(arrays[_STATE]), _ALL)
    mujoco.mj_forward(model, data)  # contacts and constraints, which are not kept
    mujoco.mj_setState(model, data, np.ascontiguousarray(arrays[_STATE]), _ALL)
    for name, value in _arrays(data, _PASSING).items():
        kept = arrays.get(f"data.{name}")
        if kept is not None and kept.shape == value.shape and value.flags.writeable:
            value[...] = kept
    for name, value in zip(_FLAGS, arrays["flags"], strict=True):
        if hasattr(data, name):
            setattr(data, name, int(value))


def _check(arrays: Mapping[str, NDArray[np.generic]], mine: Arrays, model: MjModel) -> None:
    wanted = {f"model.{name}": value.shape for name, value in mine.items()}
    wanted[_STATE] = (mujoco.mj_stateSize(model, _ALL),)
    wanted |= {f"opt.{name}": np.shape(getattr(model.opt, name)) for name in _names(type(model.opt))}
    for name, shape in wanted.items():
        if name not in arrays or arrays[name].shape != shape:
            had = arrays[name].shape if name in arrays else "none"
            raise InvalidInput(
                f"this snapshot is of another MuJoCo model: {name} is {had} there, {shape} here"
            )


def _set_option(model: MjModel, name: str, value: NDArray[np.generic]) -> None:
    mine = getattr(model.opt, name)
    if isinstance(mine, np.ndarray):
        mine[...] = value
    else:
        setattr(model.opt, name, value.item())


def _arrays(holder: object, without: tuple[str, ...]) -> Arrays:
    found: Arrays = {}
    for name in _names(type(holder)):
        if name.startswith(without):
            continue
        value = getattr(holder, name)
        if isinstance(value, np.ndarray):
            found[name] = cast("NDArray[np.generic]", value)
    return found


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of one of MuJoCo's structures."""
    return tuple(name for name in dir(kind) if not name.startswith("_") and not callable(getattr(kind, name)))
