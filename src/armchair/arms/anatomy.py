"""What can be told of an arm from its model alone: the joints that lead to the tool, the tool, the gripper.

Each of these raises InvalidInput, with the candidates in one line, where the model does not settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import mujoco
import numpy as np
from mujoco import MjData, MjModel
from numpy.typing import NDArray

from armchair.arms.arm import Tip, Vec3
from armchair.arms.model import CARRIED, bodies_below, no_such
from armchair.errors import InvalidInput
from armchair.world import BLOCK_SIZE

Floats = NDArray[np.float64]

TOOL_WORDS = (
    *(
        "tcp",
        "pinch",
        "grip_site",
        "grasp",
        "gripperframe",
        "gripper_frame",
        "tool",
        "end_effector",
        "ee_site",
    ),
    *("eef", "ee", "hand_tip", "tip", "attachment", "flange", "grip", "right_center", "hand"),
)
"""What tools are called, the surest names first."""
DEEP = 0.6  # of the joints on the longest way, that a tool is at least behind
SPAN = 9  # shares of the way from shut to open at which the gap is measured
LIFTS = (0.014, 0.028, 0.002)  # m, of what is lowest of the hand while it pushes: tried from, to, by
ROOM = 0.002  # m, between the hand and what it is about to push
FAR = 1.0  # m, beyond which no gap is looked for
_MOVES = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))


class Tool(NamedTuple):
    """The site or body whose frame is the tool's."""

    name: str
    body: int  # that it is, or is fixed to
    site: int  # -1 where it is a body

    def pose(self, data: MjData) -> tuple[Floats, Floats]:
        """Position (3,) m and axes (3, 3) as MuJoCo last computed them."""
        if self.site >= 0:
            return data.site_xpos[self.site].copy(), data.site_xmat[self.site].reshape(3, 3).copy()
        return data.xpos[self.body].copy(), data.xmat[self.body].reshape(3, 3).copy()


def joint_names(model: MjModel) -> list[str]:
    """Of all joints, in the model's order."""
    return [model.joint(k).name for k in range(model.njnt)]


def find_tool(model: MjModel, wanted: str, where: str) -> Tool:
    """The tool of this name, or the one that a model without a name for it surely means."""
    sites = [model.site(k).name for k in range(model.nsite)]
    bodies = [model.body(k).name for k in range(model.nbody)]
    if wanted:
        for name in (wanted, CARRIED + wanted):
            if name in sites:
                return _site(model, sites.index(name))
            if name in bodies:
                return Tool(name, bodies.index(name), -1)
        raise InvalidInput(no_such("site or body", wanted, [*sites, *bodies[1:]], where))
    far = DEEP * max(len(joints_to(model, body)) for body in range(model.nbody))
    for names in (sites, bodies):
        deep = [name for k, name in enumerate(names) if name and _depth(model, names is sites, k) > far]
        for word in TOOL_WORDS:
            found = [name for name in deep if word in name.lower().replace("-", "_")]
            if found:
                best = min(found, key=len)
                return (
                    _site(model, sites.index(best)) if names is sites else Tool(best, bodies.index(best), -1)
                )
    listed = ", ".join(name for name in [*sites, *bodies[1:]] if name)
    raise InvalidInput(
        f"{where}: which site or body is the tool? say so: 'tool: NAME', of {listed or 'none'}"
    )


def _site(model: MjModel, site: int) -> Tool:
    return Tool(model.site(site).name, int(model.site_bodyid[site]), site)


def _depth(model: MjModel, is_site: bool, number: int) -> int:
    return len(joints_to(model, int(model.site_bodyid[number]) if is_site else number))


def joints_to(model: MjModel, body: int) -> list[int]:
    """The joints between the world and a body, base first."""
    found: list[int] = []
    while body > 0:
        first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
        found = [*range(first, first + count), *found]
        body = int(model.body_parentid[body])
    return found


def find_joints(model: MjModel, tool: Tool, wanted: Sequence[str], where: str) -> list[int]:
    """The arm's joints, base first: those that lead to the tool."""
    path = joints_to(model, tool.body)
    names = joint_names(model)
    if not path:
        raise InvalidInput(f"{where}: no joint leads to the tool {tool.name}: name another one, 'tool: NAME'")
    strange = [names[k] for k in path if int(model.jnt_type[k]) not in _MOVES]
    if strange:
        raise InvalidInput(
            f"{where}: joint {strange[0]} neither turns about an axis nor slides: an arm is fixed to its base"
        )
    if wanted:
        for name in wanted:
            if name not in names:
                raise InvalidInput(no_such("joint", name, names, where))
        told = [names[k] for k in path]
        if sorted(wanted) != sorted(told):
            raise InvalidInput(f"{where}: the joints that lead to {tool.name} are {', '.join(told)}")
    return path


def find_gripper(model: MjModel, arm: Sequence[int], wanted: Sequence[str], where: str) -> list[int]:
    """The joints that the fingers move in, driven ones where there are more; none without a gripper."""
    names = joint_names(model)
    if wanted:
        named = [name if name in names else CARRIED + name for name in wanted]
        for name, told in zip(named, wanted, strict=True):
            if name not in names:
                others = [one for k, one in enumerate(names) if k not in arm]
                raise InvalidInput(no_such("joint of a gripper", told, others, where))
        return [names.index(name) for name in named]
    rest = [k for k in range(model.njnt) if k not in arm]
    driven = [k for k in rest if k in _driven(model)]
    found = driven or rest
    if len(found) > 2:
        listed = ", ".join(names[k] for k in found)
        raise InvalidInput(
            f"{where}: which joints shut the gripper? say so: 'gripper: {{joints: [NAME, NAME]}}', "
            f"of {listed}; or 'gripper: false'"
        )
    return found


def _driven(model: MjModel) -> set[int]:
    """The joints that motors drive, those of a tendon included."""
    found: set[int] = set()
    for k in range(model.nu):
        target = int(model.actuator_trnid[k, 0])
        if int(model.actuator_trntype[k]) == int(mujoco.mjtTrn.mjTRN_TENDON):
            begin, count = int(model.tendon_adr[target]), int(model.tendon_num[target])
            wraps = range(begin, begin + count)
            joints = int(mujoco.mjtWrap.mjWRAP_JOINT)
            found |= {int(model.wrap_objid[w]) for w in wraps if int(model.wrap_type[w]) == joints}
        else:
            found.add(target)
    return found


def ends_of(model: MjModel, joints: Sequence[int], where: str) -> tuple[list[float], list[float]]:
    """Where the fingers are shut and where they are open: the two ends of their ranges. -> shut, open."""
    low = [float(model.jnt_range[k, 0]) for k in joints]
    high = [float(model.jnt_range[k, 1]) for k in joints]
    if any(not model.jnt_limited[k] for k in joints):
        raise InvalidInput(f"{where}: the gripper's joints have no limits: say 'shut' and 'open' of each")
    corners = [(low, high), (high, low)]
    if len(joints) == 2:
        corners += [([low[0], high[1]], [high[0], low[1]]), ([high[0], low[1]], [low[0], high[1]])]
    spans = [(_gap(model, joints, b) - _gap(model, joints, a), a, b) for a, b in corners]
    best = max(spans, key=lambda span: span[0])
    if best[0] <= 1e-4:
        names = ", ".join(joint_names(model)[k] for k in joints)
        raise InvalidInput(f"{where}: cannot tell where {names} are shut: say 'shut' and 'open' of each")
    return best[1], best[2]


def gaps_of(
    model: MjModel, joints: Sequence[int], shut: Sequence[float], wide: Sequence[float]
) -> tuple[float, ...]:
    """The gap between the fingers at equal shares of the way from shut to open. -> SPAN numbers, m."""
    shares = np.linspace(0.0, 1.0, SPAN)[:, None]
    values = (1.0 - shares) * np.array(shut) + shares * np.array(wide)
    gaps = np.array([max(_gap(model, joints, row.tolist()), 0.0) for row in values])
    return tuple(np.maximum.accumulate(gaps - gaps[0]).round(6).tolist())


def _gap(model: MjModel, joints: Sequence[int], values: Sequence[float]) -> float:
    """The least distance between the fingers, or of the finger from the hand that carries it. m."""
    data = at_zero(model)
    for joint, value in zip(joints, values, strict=True):
        data.qpos[model.jnt_qposadr[joint]] = value
    mujoco.mj_kinematics(model, data)
    bodies = [int(model.jnt_bodyid[joint]) for joint in joints]
    first = _geoms(model, bodies[0])
    if len(bodies) > 1:
        second = [geom for body in bodies[1:] for geom in _geoms(model, body)]
    else:
        second = [g for g in _geoms(model, int(model.body_parentid[bodies[0]])) if g not in first]
    pairs = [(a, b) for a in first for b in second]
    return min((mujoco.mj_geomDistance(model, data, a, b, FAR, None) for a, b in pairs), default=FAR)


def _geoms(model: MjModel, body: int, *, pads: bool = True) -> list[int]:
    """Collision shapes of a body and of those below it; all shapes where it has none that collide.

    pads: of these only those that are called so, where there are any.
    """
    below = bodies_below(model, body)
    every = [geom for geom in range(model.ngeom) if int(model.geom_bodyid[geom]) in below]
    solid = [geom for geom in every if model.geom_contype[geom] or model.geom_conaffinity[geom]]
    named = [geom for geom in solid if pads and "pad" in model.geom(geom).name.lower()]
    return named or solid or every


def way_of(model: MjModel, joints: Sequence[int], shut: Sequence[float], wide: Sequence[float]) -> Floats:
    """The direction in which the fingers open, at the model's zero. -> (3,) unit, world frame."""
    places: list[Floats] = []
    for values in (shut, wide):
        data = at_zero(model)
        for joint, value in zip(joints, values, strict=True):
            data.qpos[model.jnt_qposadr[joint]] = value
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        places.append(np.array([_middle(model, data, int(model.jnt_bodyid[joint])) for joint in joints]))
    moved = places[1] - places[0]
    way = moved[0] - moved[1] if len(joints) > 1 else moved[0]
    return way / max(float(np.linalg.norm(way)), 1e-9)


def _middle(model: MjModel, data: MjData, body: int) -> Floats:
    return np.mean([data.geom_xpos[geom] for geom in _geoms(model, body)] or [data.xpos[body]], axis=0)


def tip_of(model: MjModel, body: int, place: Floats, axes: Floats, fingers: dict[int, float]) -> Tip:
    """How large the hand is about the tool, with the fingers shut.

    body: the link that carries all of it. place, axes: of the tool at zero, z out of the hand. fingers: shut
    positions by joint.
    """
    data = at_zero(model)
    for joint, value in fingers.items():
        data.qpos[model.jnt_qposadr[joint]] = value
    mujoco.mj_kinematics(model, data)
    solid = _geoms(model, body, pads=False)
    points = np.concatenate([_corners(model, data, geom) for geom in solid] or [place[None]])
    local = (points - place) @ axes
    below, wide = max(float(local[:, 2].max()), 0.0), np.linalg.norm(local[:, :2], axis=1)
    found: list[Tip] = []
    for lift in np.arange(
        *LIFTS
    ):  # the higher, the less of the hand touches a block, but it must not pass over
        height = below + float(lift)
        room = float(wide[local[:, 2] > height - BLOCK_SIZE - ROOM].max(initial=0.01))
        found.append(Tip(room + ROOM, height))
    return min(found, key=lambda tip: (round(tip.room, 3), tip.height))


def _corners(model: MjModel, data: MjData, geom: int) -> Floats:
    """Points that a geom lies within: its vertices, or the corners of the box around it. (n, 3) world."""
    mesh = int(model.geom_dataid[geom])
    if int(model.geom_type[geom]) == int(mujoco.mjtGeom.mjGEOM_MESH) and mesh >= 0:
        first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        points = model.mesh_vert[first : first + count].astype(np.float64)
    else:
        centre, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
        points = centre + half * np.array(list(product((-1.0, 1.0), repeat=3)))
    return points @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]


def at_zero(model: MjModel) -> MjData:
    """The model with all joints at zero, kinematics computed."""
    data = MjData(model)
    for joint in range(model.njnt):
        if int(model.jnt_type[joint]) in _MOVES:
            data.qpos[model.jnt_qposadr[joint]] = 0.0
    mujoco.mj_kinematics(model, data)
    return data


def vec(values: Floats) -> Vec3:
    """Three numbers as a tuple."""
    x, y, z = (float(value) for value in values)
    return x, y, z
