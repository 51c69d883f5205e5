"""Any MuJoCo model as a scene for the player in the browser, and where its bodies are.

Rows of poses are the bodies that are drawn, then the sites that are, each apart, since environments move
their sites as they like; those that can move come last, and behind them the goal.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import NamedTuple

import gymnasium
import mujoco
import numpy as np
from mujoco import MjData, MjModel
from numpy.typing import NDArray

from armchair.engines.display.appearance import GOAL, GOAL_LINE, Material, Part
from armchair.engines.display.geoms import few_triangles, geoms_of, parts_of, site_of
from armchair.engines.display.scene_asset import VERSION, MeshBuffer
from armchair.engines.display.shapes import sphere, weld
from armchair.envs.foreign.mujoco.view import View, hand_of, led_bodies, moves, view_of
from armchair.jsonable import Json

Foreign = gymnasium.Env[object, object]
Floats = NDArray[np.float64]

TRIANGLES = 60_000  # in a scene, at most, or nearly
WIDE = 0.62  # m, how large the box around what moves is drawn
MIDDLE = (0.40, 0.0, 0.29)  # m, where its middle is
BALL = 0.03  # times the size, radius of a goal's ball where the model has no mark of its own
_UPRIGHT = (1.0, 0.0, 0.0, 0.0)
_GOAL_WORDS = ("target", "goal")


class Rows(NamedTuple):
    """What the rows of poses are of."""

    names: tuple[str, ...]
    bodies: tuple[int, ...]  # numbers in the model
    sites: tuple[int, ...]  # their rows follow those of bodies
    order: tuple[int, ...]  # in which bodies and sites, one after the other, become rows
    moving: tuple[int, ...]  # rows
    goal_site: int  # whose shape marks the goal; -1 for none


class Scene:
    """The scene of an environment that was reset; models are taken to keep their shape."""

    def __init__(self, env: Foreign, model: MjModel, data: MjData) -> None:
        self._model = model
        self._goal = goal_of(env) is not None
        self.view = view_of(env, model, data)
        self.rows = _rows(model, marks_goal=self._goal)
        self._matters = self._in_view(self.poses(env, data))

    def fits(self, model: MjModel) -> bool:
        """Whether a model has the same bodies and sites."""
        mine = self._model
        return (model.nbody, model.nsite, model.ngeom) == (mine.nbody, mine.nsite, mine.ngeom)

    def poses(self, env: Foreign, data: MjData) -> NDArray[np.float32]:
        """Where everything is now, as MuJoCo last computed it. -> (R + 1, 7), the goal last."""
        bodies, sites = list(self.rows.bodies), list(self.rows.sites)
        found = np.empty((len(bodies) + len(sites), 7))
        found[: len(bodies), :3], found[: len(bodies), 3:] = data.xpos[bodies], data.xquat[bodies]
        found[len(bodies) :, :3] = data.site_xpos[sites]
        for row, site in enumerate(sites, start=len(bodies)):
            mujoco.mju_mat2Quat(found[row, 3:], data.site_xmat[site])
        goal = goal_of(env)
        last = np.array([*(np.zeros(3) if goal is None else goal), *_UPRIGHT])
        return np.concatenate((found[list(self.rows.order)], last[None])).astype(np.float32)

    def asset(self) -> bytes:
        """See `armchair.engines.display.scene_asset`."""
        model, rows, view = self._model, self.rows, self.view
        parts = _parts(model, rows, view)
        buffer = MeshBuffer()
        hand = hand_of(model)
        scale = WIDE / max(view.size, 1e-6)
        middle = (view.low + view.high) / 2
        header: dict[str, Json] = {
            "version": VERSION,
            "bodies": [
                {"name": name, "parts": buffer.parts(parts[row])} for row, name in enumerate(rows.names)
            ],
            "goal": {
                "marker": "none",
                "parts": buffer.parts(self._goal_parts()),
                "ground": [],
                "line_radius": 0.0,
                "line": asdict(GOAL_LINE),
            },
            "surroundings": {"parts": buffer.parts(parts[-1])},
            "tool_body": rows.order.index(rows.bodies.index(hand)),
            "tool_offset": _tool_offset(model, hand),
            "camera": {"eye": view.eye.tolist(), "target": view.target.tolist()},
            "cues": [],
            "frame": {"scale": scale, "shift": (np.array(MIDDLE) - scale * middle).tolist()},
            "always": [view.low.tolist(), view.high.tolist()],
            "matters": self._matters,
            "tendons": _tendons(model, rows),
        }
        return buffer.behind(header)

    def _in_view(self, poses: NDArray[np.float32]) -> list[Json]:
        """The rows of what can move and begins within the box that one looks at."""
        low, high = self.view.low - 1e-3, self.view.high + 1e-3
        moving = [*self.rows.moving, *([len(self.rows.names)] if self._goal else [])]
        return [row for row in moving if bool(((poses[row, :3] > low) & (poses[row, :3] < high)).all())]

    def _goal_parts(self) -> list[Part]:
        if not self._goal:
            return []
        shown = site_of(self._model, self.rows.goal_site) if self.rows.goal_site >= 0 else None
        if shown is None:
            return [Part(sphere(BALL * self.view.size), GOAL)]
        surface, material = shown
        return [Part(weld(*surface), material)]


def goal_of(env: Foreign) -> Floats | None:
    """Where the goal is that the environment keeps in Python (3,), m; None where it has no such thing."""
    goal: object = getattr(env.unwrapped, "goal", None)
    if isinstance(goal, np.ndarray) and goal.shape == (3,) and np.issubdtype(goal.dtype, np.floating):
        return np.nan_to_num(goal.astype(np.float64))
    return None


def _rows(model: MjModel, *, marks_goal: bool) -> Rows:
    shown = {seen.body for seen in geoms_of(model, 1.0)}
    hand, leading = hand_of(model), {leader for leader, _ in led_bodies(model)}
    bodies = [body for body in range(1, model.nbody) if body in shown - leading or body == hand]
    lines = {int(model.wrap_objid[k]) for k in range(model.nwrap) if _is_site(model, k)}
    named = {site: _name(model, mujoco.mjtObj.mjOBJ_SITE, site) for site in range(model.nsite)}
    drawn = [site for site in range(model.nsite) if site in lines or site_of(model, site) is not None]
    goals = [site for site in drawn if any(word in named[site].lower() for word in _GOAL_WORDS)]
    goal = goals[0] if marks_goal and goals else -1
    sites = [site for site in drawn if site != goal]
    movable = [moves(model, body) for body in bodies] + [
        moves(model, int(model.site_bodyid[site])) or site in goals for site in sites
    ]
    order = sorted(range(len(movable)), key=lambda at: movable[at])
    names = [_name(model, mujoco.mjtObj.mjOBJ_BODY, body) for body in bodies]
    names += [f"site:{named[site]}" for site in sites]
    moving = tuple(row for row, at in enumerate(order) if movable[at])
    return Rows(tuple(names[at] for at in order), tuple(bodies), tuple(sites), tuple(order), moving, goal)


def _name(model: MjModel, kind: mujoco.mjtObj, number: int) -> str:
    return mujoco.mj_id2name(model, kind, number) or str(number)


def _parts(model: MjModel, rows: Rows, view: View) -> list[list[Part]]:
    """The parts of each row, and last of what belongs to the world."""
    seen = geoms_of(model, view.size)
    seen = few_triangles(seen, view.size, TRIANGLES)
    found: list[list[Part]] = [[] for _ in range(len(rows.names) + 1)]
    for row, at in enumerate(rows.order):
        if at < len(rows.bodies):
            found[row] = parts_of([one for one in seen if one.body == rows.bodies[at]])
        elif (site := site_of(model, rows.sites[at - len(rows.bodies)])) is not None:
            found[row] = [Part(weld(*site[0]), site[1])]
    found[-1] = parts_of([one for one in seen if one.body == 0])
    return found


def _tool_offset(model: MjModel, hand: int) -> list[Json]:
    """Where the tool is in the hand's frame: its first site, if it has one."""
    sites = [site for site in range(model.nsite) if int(model.site_bodyid[site]) == hand]
    return [float(part) for part in model.site_pos[sites[0]]] if sites else [0.0, 0.0, 0.0]


def _tendons(model: MjModel, rows: Rows) -> list[Json]:
    """Straight from site to site: what a tendon bends around is left out."""
    found: list[Json] = []
    for tendon in range(model.ntendon):
        first, count = int(model.tendon_adr[tendon]), int(model.tendon_num[tendon])
        sites = [int(model.wrap_objid[k]) for k in range(first, first + count) if _is_site(model, k)]
        at = [rows.sites.index(site) + len(rows.bodies) for site in sites if site in rows.sites]
        if len(at) < 2 or model.tendon_group[tendon] >= 3:
            continue
        material = Material(tuple(round(float(part), 3) for part in model.tendon_rgba[tendon]))
        found.append(
            {
                "rows": [rows.order.index(one) for one in at],
                "radius": float(model.tendon_width[tendon]),
                "material": asdict(material),
            }
        )
    return found


def _is_site(model: MjModel, wrap: int) -> bool:
    return int(model.wrap_type[wrap]) == int(mujoco.mjtWrap.mjWRAP_SITE)
