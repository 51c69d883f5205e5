"""What can be wrong on a machine or with a run: one function a check, each saying how to mend what it finds.

Nothing of the package that needs torch is imported up here: the checks must run where torch is broken.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from armchair.errors import ArmchairError, InvalidInput
from armchair.offers.extras import EXTRAS, command, missing

if TYPE_CHECKING:
    from armchair.runs.folder import RunDir

ENGINE_PACKAGES = {"mujoco": "mujoco", "bullet": "pybullet", "warp": "mujoco_warp"}
CORE_PACKAGES = ("torch", "numpy", "gymnasium")
PAGES = ("index.html", "login.html", "play.html", "replay.html", "runs.html")
SERVER = "armchair.web.app, armchair.web.runs.app, armchair.web.serve"
OLDEST_PYTHON = (3, 11)
BULLET_BEFORE_PYTHON = (3, 12)  # PyBullet's last release (3.2.7) has wheels up to Python 3.11
WANTED_BYTES = 2 * 10**9
RESTORE = "go on from a backup; `armchair export RUN --backup FOLDER` makes one"
RENDER = """
import mujoco
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 3'/><geom size='.2'/><camera pos='0 -2 0' xyaxes='1 0 0 0 0 1'/>"
    "</worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
renderer = mujoco.Renderer(model, 64, 64)
renderer.update_scene(data, camera=0)
picture = renderer.render()
renderer.close()
assert picture.max() > 0, "the picture is black"
"""


class Check(NamedTuple):
    """One line of `armchair doctor`."""

    name: str
    ok: bool
    found: str
    mend: str = ""
    essential: bool = False  # without it nothing works


def version_of(package: str) -> str | None:
    """The installed version of a distribution, without importing it; None when it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def engine_version(engine: str) -> str | None:
    """The installed version of an engine's package, or None; `engine` is one of `ENGINE_PACKAGES`."""
    return version_of(ENGINE_PACKAGES[engine])


def check_python() -> Check:
    """The interpreter is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= OLDEST_PYTHON, found, "install Python 3.11 or newer", True)


def check_packages() -> list[Check]:
    """The packages without which nothing runs are installed and can be imported."""
    return [_importable(name, name, name, f"pip install --upgrade {name}") for name in CORE_PACKAGES]


def _importable(name: str, package: str, module: str, mend: str) -> Check:
    """Whether an essential module of a package can be imported."""
    version = version_of(package)
    if version is None:
        return Check(name, False, "not installed", mend, True)
    complaint = _python(f"import {module}")
    found = version if complaint is None else f"{version}, but cannot be imported: {complaint}"
    return Check(name, complaint is None, found, mend, True)


def check_mujoco() -> Check:
    """The default engine is there and has its batch interface, new in 3.17."""
    mend = "pip install --upgrade 'mujoco>=3.17'"
    return _importable("engine mujoco", ENGINE_PACKAGES["mujoco"], "mujoco.batch", mend)


def check_bullet() -> Check:
    """The optional engine: absent is fine, but the line says how to get it, or why that cannot be."""
    wheels = sys.version_info < BULLET_BEFORE_PYTHON
    how = ": pip install 'armchair[bullet]'" if wheels else "; PyBullet has no wheels for Python 3.12 on"
    return Check("engine bullet", True, engine_version("bullet") or f"not installed (optional{how})")


def check_warp() -> Check:
    """The engine for GPUs: absent is fine."""
    how = f"not installed (optional, for NVIDIA GPUs: {command('warp')})"
    return Check("engine warp", True, engine_version("warp") or how)


def check_gl() -> list[Check]:
    """Pictures without a window: draws a small one with EGL and with OSMesa, each in a process of its own."""
    try:
        from armchair.engines.display import gl
    except ImportError as error:
        return [Check("GL", False, f"not checked: {error}", "mend what is wrong above first")]
    if sys.platform != "linux":
        return [_draw("default", {})]
    installed = {"egl": bool(gl.egl_devices()), "osmesa": gl.has_osmesa()}
    drawn = [
        _draw(name, {"MUJOCO_GL": name}) if there else Check(f"GL {name}", False, "not installed")
        for name, there in installed.items()
    ]
    if not any(check.ok for check in drawn):
        return [check._replace(mend=gl.GL_PACKAGES) for check in drawn]
    return [
        check if check.ok else check._replace(ok=True, found=f"{check.found} (not needed)") for check in drawn
    ]


def _draw(platform: str, environment: dict[str, str]) -> Check:
    """Whether MuJoCo draws a picture that is not black with this platform."""
    complaint = _python(RENDER, environment)
    found = "draws" if complaint is None else f"fails: {complaint}"
    return Check(f"GL {platform}", complaint is None, found, "install the graphics driver")


def check_server() -> list[Check]:
    """The pages' server can be imported as it will be, and its pages were built."""
    mend = "pip install --upgrade --force-reinstall armchair"
    complaint = _python(f"import {SERVER}")
    found = "imports" if complaint is None else f"cannot be imported: {complaint}"
    server = Check("server", complaint is None, found, mend, True)
    pages = files("armchair").joinpath("web", "static")
    lost = [name for name in PAGES if not pages.joinpath(name).is_file()]
    found = f"not built: {', '.join(lost)}" if lost else "built"
    how = "install Node.js 20 or newer, then `pip install` again, or `make page` in a checkout"
    return [server, Check("pages", not lost, found, how)]


def check_extras() -> Check:
    """The optional parts: which are there, and how the others are installed."""
    absent = {name: extra for name, extra in EXTRAS.items() if name not in ENGINE_PACKAGES and missing(name)}
    there = [name for name in EXTRAS if name not in absent and name not in ENGINE_PACKAGES]
    lacks = "; ".join(f"{command(name)} for {extra.gives}" for name, extra in absent.items())
    return Check("extras", True, f"{', '.join(there) or 'none'}{'; optional: ' if lacks else ''}{lacks}")


def check_codec() -> Check:
    """PyAV can write the H.264 that browsers play."""
    mend = "pip install --force-reinstall av (its wheels carry libx264)"
    encodes = _python("import av; av.codec.Codec('libx264', 'w')") is None
    found = f"PyAV {version_of('av')}, libx264" if encodes else "PyAV cannot encode H.264"
    return Check("video", encodes, found, mend)


def check_threads() -> Check:
    """Threads of the linear algebra library do not fight with the simulation's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    setting = os.environ.get("OPENBLAS_NUM_THREADS", "")
    found = f"{cores} cores, OPENBLAS_NUM_THREADS={setting or 'unset'}"
    return Check("threads", setting == "1" or cores == 1, found, "export OPENBLAS_NUM_THREADS=1")


def check_ports() -> list[Check]:
    """The port that pages are served on unless another one is named is free."""
    try:
        from armchair.web.options import DEFAULT_PORT
        from armchair.web.serve import check_port
    except ImportError as error:
        return [Check("port", False, f"not checked: {error}", "mend what is wrong above first")]
    name = f"port {DEFAULT_PORT}"
    try:
        check_port("127.0.0.1", DEFAULT_PORT)
    except ArmchairError as error:
        return [Check(name, False, str(error), "stop the program that listens on it, or use another port")]
    return [Check(name, True, "free (the pages)")]


def check_disk(folder: Path) -> Check:
    """There is room for runs and clips in `folder`, and leave to write there."""
    if not os.access(folder, os.W_OK):
        return Check("disk", False, f"cannot write in {folder}", "change to a folder of your own", True)
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    return Check("disk", free >= WANTED_BYTES, found, "free 2 GB for runs and clips")


def check_run(where: str) -> Iterator[Check]:
    """The files and the store of a run, or a store by URL; a line as soon as it is found.

    Raises RunError when there is no run.
    """
    from armchair.runs.folder import RunDir
    from armchair.runs.older import older_in_use
    from armchair.runs.soundness import checkpoints, demonstrations
    from armchair.store.integrity import check_store

    if "://" in where:
        yield from (Check(name, ok, found, RESTORE, True) for name, ok, found in check_store(where))
        return
    run = RunDir.open(Path(where))
    store: Path | str = run.store_file
    try:
        yield Check("configuration", True, f"{len(run.config())} entries", essential=True)
        if (named := check_named(run)) is not None:
            yield named
        if (arm := _check_arm(run)) is not None:
            yield arm
        store = run.store_file if named is not None and not named.ok else run.store
    except ArmchairError as error:
        yield Check("configuration", False, str(error), RESTORE, True)
    if isinstance(store, str) or store.exists():
        for name, ok, found in check_store(store):
            yield Check(name, ok, found, RESTORE, True)
    else:
        yield Check("database", True, "none: this run asked nobody")
    for name, wrong, sound in (checkpoints(run), demonstrations(run)):
        if wrong or sound:
            yield Check(name, not wrong, "; ".join(wrong) or sound, RESTORE, True)
    if (older := older_in_use(run)) is not None:
        said = f"the one after {older['answers']} answers, chosen over that after {older['in_place_of']}"
        yield Check("policy", True, said)


def _check_arm(run: RunDir) -> Check | None:
    """Whether the arm that the run was taught on can be read; None where it is the built-in one."""
    from armchair.arms import load_arm
    from armchair.config.read import from_run

    file = from_run(run.config()).env.arm
    if not file:
        return None
    try:
        arm = load_arm(file)
    except InvalidInput as error:
        return Check("arm", False, str(error), f"put {file} back, or use --arm FILE", True)
    return Check("arm", True, f"{arm.name}: {arm.num_joints} joints, from {file}", essential=True)


def check_named(run: RunDir) -> Check | None:
    """Whether somebody here trusts what the run names; None where it names no code and no database."""
    from armchair.runs.trust import gate, is_remembered, named_in, told_of_names

    names = named_in(run.config())
    trusted = is_remembered(run.path, names) or all(map(gate.admits, names))
    mend = f"armchair doctor {run.path} --trust"
    return Check("trust", trusted, told_of_names(run.path, names, trusted=trusted), mend) if names else None


def _python(program: str, environment: dict[str, str] | None = None) -> str | None:
    """Runs a few lines in a process of their own: a crash in a driver is only an answer.

    -> None where they ran, else the end of what they complained about, cut to a readable length.
    """
    command, merged = [sys.executable, "-c", program], {**os.environ, **(environment or {})}
    try:
        run = subprocess.run(command, env=merged, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "no answer within a minute"
    return (run.stderr.strip().splitlines() or ["no message"])[-1][:100] if run.returncode else None
