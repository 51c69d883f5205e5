"""Named things of a MuJoCo model behind an environment of others: what there is, and where it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import gymnasium
import mujoco
import numpy as np
from mujoco import MjData, MjModel
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.model import find_model

_OBJECTS = {
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "joint": mujoco.mjtObj.mjOBJ_JOINT,
}
_OF_ONE_NUMBER = (int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE))


class Things:
    """Where named sites, bodies, geoms and joints of one number are; pairs of kind and name."""

    def __init__(self, wanted: tuple[tuple[str, str], ...]) -> None:
        """wanted: in order."""
        self._wanted = wanted
        self._model: MjModel | None = None
        self._ids: list[int] = []

    def read(self, env: gymnasium.Env[object, object]) -> list[NDArray[np.float64]]:
        """Positions in m of what was wanted, (3,) each; of a joint its own number, (1,).

        As MuJoCo last computed them. Raises KeyError, with its place in the list, for what is not there.
        """
        found = find_model(env)
        if found is None:
            raise KeyError(0)
        model, data = found
        if model is not self._model:  # some environments make a new one for every episode
            self._ids, self._model = [self._find(model, i) for i in range(len(self._wanted))], model
        return [_place(data, kind, i) for (kind, _), i in zip(self._wanted, self._ids, strict=True)]

    def _find(self, model: MjModel, i: int) -> int:
        kind, name = self._wanted[i]
        found = int(mujoco.mj_name2id(model, _OBJECTS[kind], name))
        if found < 0 or (kind == "joint" and int(model.jnt_type[found]) not in _OF_ONE_NUMBER):
            raise KeyError(i)
        return int(model.jnt_qposadr[found]) if kind == "joint" else found

    def __getstate__(self) -> dict[str, object]:
        """For another process, which has a model of its own."""
        return {**self.__dict__, "_model": None, "_ids": []}


def names(env: gymnasium.Env[object, object], kind: str) -> list[str]:
    """The names that sites, bodies, geoms or joints of one number have; none without a MuJoCo model."""
    found = find_model(env)
    if found is None:
        return []
    model = found[0]
    count = {"site": model.nsite, "body": model.nbody, "geom": model.ngeom, "joint": model.njnt}[kind]
    fit = [i for i in range(count) if kind != "joint" or int(model.jnt_type[i]) in _OF_ONE_NUMBER]
    return [name for i in fit if (name := mujoco.mj_id2name(model, _OBJECTS[kind], i))]


def _place(data: MjData, kind: str, i: int) -> NDArray[np.float64]:
    places = {"site": data.site_xpos, "body": data.xpos, "geom": data.geom_xpos}
    return data.qpos[i : i + 1] if kind == "joint" else places[kind][i]


class Named(NamedTuple):
    """A thing that has a name."""

    kind: str  # site, body or geom
    name: str
    movable: bool  # by joints, its own or those that it hangs from
    depth: int  # bodies between it and the world
    joints: tuple[str, ...]  # of one number, that move it


def inventory(env: gymnasium.Env[object, object]) -> list[Named]:
    """All sites, bodies and geoms that have names; none without a MuJoCo model."""
    found = find_model(env)
    if found is None:
        return []
    model = found[0]
    own = {"site": model.site_bodyid, "body": range(model.nbody), "geom": model.geom_bodyid}
    things: list[Named] = []
    for kind, bodies in own.items():
        for i, body in enumerate(bodies):
            name = mujoco.mj_id2name(model, _OBJECTS[kind], i)
            if not name or (kind != "site" and not body):  # floors and walls
                continue
            movable = bool(model.body_weldid[body]) and model.body_mocapid[model.body_rootid[body]] < 0
            chain = _chain(model, int(body))
            things.append(Named(kind, name, movable, len(chain), tuple(_joints(model, chain))))
    return things


def _chain(model: MjModel, body: int) -> list[int]:
    """The body and those that it hangs from, without the world."""
    chain: list[int] = []
    while body:
        chain.append(body)
        body = int(model.body_parentid[body])
    return chain


def _joints(model: MjModel, bodies: Iterable[int]) -> Iterator[str]:
    for body in bodies:
        first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
        for i in range(first, first + count):
            if int(model.jnt_type[i]) in _OF_ONE_NUMBER:
                yield mujoco.mj_id2name(model, _OBJECTS["joint"], i) or ""
