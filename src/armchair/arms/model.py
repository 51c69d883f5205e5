"""Models by others: read, their meshes found, and made ready to stand in a scene of ours."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable
from pathlib import Path

import mujoco

from armchair.arms.arm import Carried, ModelFile
from armchair.arms.description import MODELS
from armchair.errors import InvalidInput, nearest
from armchair.reading.files import open_regular
from armchair.reading.limits import MIB

MODEL_BYTES = 8 * MIB  # of an MJCF or URDF; meshes are files of their own
CARRIED = "gripper/"  # how the names of what is carried begin
_PACKAGE = re.compile(r"^(?:package|model|file):/*")
_PARENTS = 6  # folders above a URDF in which a package is looked for


def read_spec(path: Path) -> mujoco.MjSpec:
    """A model as its file says, with its meshes found. Raises InvalidInput, in one line, if that fails."""
    if path.suffix.lower() not in MODELS:
        raise InvalidInput(f"a model is an MJCF or a URDF ({', '.join(MODELS)}), got {path}")
    try:
        open_regular(path, MODEL_BYTES).close()
    except OSError as error:
        raise InvalidInput(f"there is no model {path}: {error.strerror}") from None
    try:
        spec = mujoco.MjSpec.from_file(str(path.resolve()))
    except ValueError as error:
        raise InvalidInput(f"{path} is no model that MuJoCo can read: {_short(error)}") from None
    spec.compiler.fusestatic, spec.compiler.discardvisual = False, False
    _find_files(spec, path.resolve())
    return spec


def _find_files(spec: mujoco.MjSpec, path: Path) -> None:
    """Put whole paths in the place of those of meshes and textures, wherever a package may be."""
    for mesh in spec.meshes:
        if mesh.file:
            mesh.file = str(_found(path, spec.meshdir, mesh.file, "mesh"))
    for texture in spec.textures:
        if texture.file:
            texture.file = str(_found(path, spec.texturedir, texture.file, "texture"))
    for hfield in spec.hfields:
        if hfield.file:
            hfield.file = str(_found(path, spec.meshdir, hfield.file, "height field"))


def _found(path: Path, folder: str, file: str, kind: str) -> Path:
    bare = _PACKAGE.sub("", file)
    inner = Path(*Path(bare).parts[1:]) if len(Path(bare).parts) > 1 else Path(bare)
    root = path.parent
    places = [root / folder / bare, root / bare]
    if bare != file:  # a package's name comes first
        above = [root, *root.parents][:_PARENTS]
        places += [place for up in above for place in (up / bare, up / inner)]
    for place in places:
        if place.is_file():
            return place.resolve()
    raise InvalidInput(
        f"{path.name}: the {kind} {file} is not there: looked for {places[0]}{_near(places[0])}"
    )


def _near(place: Path) -> str:
    if not place.parent.is_dir():
        return f", and there is no folder {place.parent}"
    near = nearest(place.name, (one.name for one in place.parent.iterdir()))
    return f"; there is {near}" if near else ""


def joined(path: Path, carried: Carried | None) -> mujoco.MjSpec:
    """A model, and what it carries in a file of its own. Raises InvalidInput where either cannot be read."""
    spec = read_spec(path)
    if carried is None:
        return spec
    body = spec.body(carried.body)
    if body is None:
        raise InvalidInput(no_such("body", carried.body, (one.name for one in spec.bodies), path.name))
    _attach(spec, read_spec(carried.path), body.add_frame(), CARRIED)
    return spec


def no_such(kind: str, name: str, valid: Iterable[str], where: str) -> str:
    """What to say of a name that is not in a model: the nearest and all others."""
    names = [one for one in valid if one]
    near = nearest(name, names)
    hint = f"did you mean {near!r}? " if near else ""
    return f"{where} has no {kind} {name!r}: {hint}it has {', '.join(names) or 'none'}"


def place_in(world: mujoco.MjSpec, file: ModelFile, prefix: str) -> None:
    """Stand an arm in a scene: without its motors, which the scene has its own of."""
    spec = joined(file.path, file.carried)
    bare(spec)
    half = file.yaw / 2
    frame = world.worldbody.add_frame(pos=file.base, quat=[math.cos(half), 0.0, 0.0, math.sin(half)])
    _attach(world, spec, frame, prefix)


def bare(spec: mujoco.MjSpec) -> None:
    """Take out what an arm's file may hold besides the arm: motors, sensors, keyframes, floors, lights."""
    floors = [geom for geom in spec.worldbody.geoms if geom.type == mujoco.mjtGeom.mjGEOM_PLANE]
    lists = (spec.actuators, spec.sensors, spec.keys, spec.lights, spec.cameras, spec.skins, floors)
    for element in [one for every in lists for one in every]:
        spec.delete(element)


def _attach(parent: mujoco.MjSpec, child: mujoco.MjSpec, frame: mujoco.MjsFrame, prefix: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of options that differ: those of the scene hold
        try:
            parent.attach(child, prefix=prefix, frame=frame)
        except ValueError as error:
            raise InvalidInput(f"{child.modelname} cannot stand in a scene: {_short(error)}") from None


def compiled(spec: mujoco.MjSpec, where: str) -> mujoco.MjModel:
    """The model of a spec. Raises InvalidInput, in one line, where MuJoCo refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return spec.compile()
        except ValueError as error:
            raise InvalidInput(f"{where} cannot be simulated: {_short(error)}") from None


def bodies_below(model: mujoco.MjModel, body: int) -> set[int]:
    """A body and all that it carries."""
    below = {body}
    for child in range(body + 1, model.nbody):
        if int(model.body_parentid[child]) in below:
            below.add(child)
    return below


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
