"""A question's two clips, to look at again: from above and from the side, or as films without poses.

In 3D they are a page of the server's, in a frame. The plane views have a slider that moves them in the
browser, without asking the server.
"""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from armchair.errors import ArmchairError
from armchair.store.rows.clips import Replay
from armchair.web.dashboard.charts import COLOURS
from armchair.web.dashboard.paths import AXES, Paths, View, busiest, paths, poses_of, tool_of
from armchair.web.dashboard.source import Source

SIDES = ("left", "right")
TALL = 400  # pixels of the replay in 3D
SIZE = (290, 150)  # pixels of a view; both fit a phone, one above the other
MARGIN = 0.08  # m around what is drawn, across
LEAST = 0.3  # m across, that are drawn at least
LABELS: dict[View, tuple[str, str]] = {
    "above": ("x, away from the base (m)", "y, to its left (m)"),
    "side": ("x, away from the base (m)", "z, height over the table (m)"),
}


def draw(data: Source, left: str, right: str) -> None:
    """Draw two clips by their ids."""
    clips = (data.store.replay(left), data.store.replay(right))
    films = [_film(data, name, clip) for name, clip in zip((left, right), clips, strict=True)]
    poses = [poses_of(clip) for clip in clips]
    if poses[0] is not None and poses[1] is not None:
        asset = data.store.board.asset("scene")
        tool = (tool_of(asset.data) if asset else None) or busiest(poses[0])
        st.altair_chart(
            drawing(paths(poses[0], tool), paths(poses[1], tool)),
            width="content",
            alt="The paths of the tool in both clips, from above and from the side",
        )
    elif films[0] is not None and films[1] is not None:
        draw_films(films[0], films[1])
    else:
        st.info("These clips have neither poses nor a film, so there is nothing to show of them.")


def draw_3d(data: Source, left: str, right: str) -> None:
    """Draw two clips in 3D where they have poses and the run a scene, and their paths below."""
    posed = all(data.store.replay(name).poses is not None for name in (left, right))
    if not posed or data.store.board.asset("scene") is None:
        draw(data, left, right)
        return
    st.iframe(f"{data.base}/replay?left={left}&right={right}", height=TALL, alt="Both clips in 3D")
    with st.expander("The tool's path, from above and from the side"):
        draw(data, left, right)


def draw_films(left: bytes, right: bytes) -> None:
    """Draw two films side by side."""
    for side, column, film in zip(SIDES, st.columns(2), (left, right), strict=True):
        column.video(film, loop=True, autoplay=True, muted=True, alt=f"The {side} clip")
        column.caption(side.capitalize())


def _film(data: Source, name: str, clip: Replay) -> bytes | None:
    """The clip's film: the stored one, or one drawn now if it has no poses; None where there is none."""
    if clip.film is not None or clip.poses is not None or data.films is None:
        return clip.film
    try:
        return data.films(name)
    except ArmchairError:
        return None


def drawing(left: Paths, right: Paths) -> alt.VConcatChart:
    """Both clips in one picture from above and one from the side, and a slider for the step."""
    rows = _rows(left, right)
    last = len(left.tool) - 1
    step = alt.param(name="at", value=last, bind=alt.binding_range(min=0, max=last, step=1, name="Step "))
    action = rows.loc[rows["what"] != "arm", ["x", "y", "z"]]  # of the arm only what is near it
    ranges = domains(action.to_numpy(float))
    return alt.vconcat(*(_view(rows, ranges, view) for view in AXES)).add_params(step)


def _view(rows: pd.DataFrame, ranges: list[list[float]], view: View) -> alt.LayerChart | alt.FacetChart:
    across, up = ("xyz"[axis] for axis in AXES[view])
    wide, high = (ranges[axis] for axis in AXES[view])
    x = alt.X(f"{across}:Q", title=LABELS[view][0], scale=alt.Scale(domain=wide, nice=False))
    y = alt.Y(f"{up}:Q", title=LABELS[view][1], scale=alt.Scale(domain=high, nice=False))
    colour = alt.Color(
        "side:N",
        title=None,
        scale=alt.Scale(domain=list(SIDES), range=list(COLOURS[:2])),
        legend=alt.Legend(orient="top", symbolType="circle", symbolOpacity=1),
    )

    def whole(what: str) -> alt.Chart:
        return alt.Chart(rows[rows["what"] == what]).encode(x=x, y=y, color=colour)

    def now(what: str) -> alt.Chart:
        return whole(what).transform_filter("datum.step == at")

    seen = whole("tool").transform_filter("datum.step <= at").mark_line(strokeWidth=2.5, clip=True)
    return alt.layer(
        whole("tool").mark_line(strokeWidth=1.5, opacity=0.35, clip=True).encode(order="step:Q"),
        now("arm").mark_line(strokeWidth=5, opacity=0.28, clip=True).encode(order="joint:Q"),
        seen.encode(order="step:Q"),
        now("tool").mark_point(filled=True, size=90, opacity=1),
        now("blocks").mark_point(shape="square", filled=True, size=130),
        now("goal").mark_point(shape="cross", filled=False, size=70, strokeWidth=1.5, opacity=1),
    ).properties(width=SIZE[0], height=SIZE[1])


def domains(points: np.ndarray) -> list[list[float]]:
    """Ranges of x, y and z that hold all points (P, 3), with one scale in both views and directions."""
    pixels = np.array([SIZE[0], SIZE[1], SIZE[1]])
    low, high = points.min(axis=0), points.max(axis=0)
    metres = max(float(((high - low) / pixels).max()), LEAST / SIZE[0])  # of a pixel
    middle, half = (low + high) / 2, (metres / 2 + MARGIN / SIZE[0]) * pixels
    return [[float(m - h), float(m + h)] for m, h in zip(middle, half, strict=True)]


def _rows(left: Paths, right: Paths) -> pd.DataFrame:
    """What is drawn: columns side, step, what, joint (the order along the arm), x, y, z."""
    rows = [
        (side, step, what, joint, *np.round(at.astype(float), 4).tolist())
        for side, clip in zip(SIDES, (left, right), strict=True)
        for what, path in zip(clip._fields, clip, strict=True)
        for step, positions in enumerate(path.reshape(len(path), -1, 3))
        for joint, at in enumerate(positions)
    ]
    return pd.DataFrame(rows, columns=["side", "step", "what", "joint", "x", "y", "z"])
