"""`armchair play` in the browser: the arm moves in this process, the page shows it and passes wishes on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.cli.commands.play import Cast
from armchair.cli.links import OWNER, Door, open_browser
from armchair.cli.report import Report
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.live import Moment, Wish, player_of
from armchair.web.options import Options
from armchair.web.serve import check_port, serve

if TYPE_CHECKING:
    from armchair.envs.arm_env import ArmEnv
    from armchair.playback.live import Actor, Stage


class LiveSource:
    """A stage that people watch: see `armchair.web.live.Source`."""

    def __init__(self, stage: Stage, about: Mapping[str, Json]) -> None:
        from armchair.playback.live import Showing

        self._stage, self._about = stage, about
        self._watching: list[Callable[[Moment], None]] = []
        self._showing = Showing(stage, self._tell)
        self._showing.start()

    def about(self) -> Mapping[str, Json]:
        """Task, control_dt, bodies, source."""
        return self._about

    def watch(self, tell: Callable[[Moment], None]) -> Callable[[], None]:
        """Call `tell` at every moment from now on. -> what ends that."""
        self._watching = [*self._watching, tell]
        self._showing.watched = len(self._watching)
        self._showing.soon(lambda: None)  # one who comes to a paused arm sees it, too

        def end() -> None:
            self._watching = [other for other in self._watching if other is not tell]
            self._showing.watched = len(self._watching)

        return end

    def wish(self, wish: Wish) -> None:
        """Something shall happen between two steps."""
        stage, showing = self._stage, self._showing

        def rate() -> None:
            showing.rate = wish.value

        def pause() -> None:
            showing.paused = wish.do == "pause"

        deeds = {"goal": stage.new_goal, "push": stage.push, "reset": stage.reset}
        showing.soon({**deeds, "rate": rate, "pause": pause, "resume": pause}[wish.do])

    def close(self) -> None:
        """End the stage's thread."""
        self._showing.close()

    def _tell(self, frame: bytes, status: dict[str, Json] | None) -> None:
        for tell in self._watching:
            tell(Moment(frame, status))


def play_live(cast: Cast, seed: int, door: Door, report: Report) -> int:
    """Serve the live page until Ctrl-C; returns 0."""
    from armchair.envs.arm_env import make_env
    from armchair.playback.live import Stage

    check_port(door.host, door.port)
    env = make_env(cast.task, engine=cast.engine, control=cast.control, seed=seed)
    source = LiveSource(Stage(env, actor_of(cast, env, seed), seed), about(cast, env))
    try:
        with tempfile.TemporaryDirectory(prefix="armchair-play-") as folder:
            _serve(Path(folder) / "armchair.db", env, source, door, report)
    finally:
        source.close()
        env.close()
    report.finish({"task": cast.task, "policy": cast.policy})
    return 0


def _serve(database: Path, env: ArmEnv, source: LiveSource, door: Door, report: Report) -> None:
    """Over a store that holds nothing but the scene: watching a run leaves no trace in it."""
    from armchair.training.setup import put_scene

    with Store.open(database) as store:
        put_scene(store, env)

        def ready(where: str) -> None:
            report.say(f"watch here (Ctrl-C ends it): {play_link(store, where)}")
            if door.browser:
                open_browser(play_link(store, where))

        options = Options(
            str(source.about()["source"]),
            None,
            door.host,
            door.port,
            dashboard=False,
            player=player_of(source),
        )
        serve(database, options, ready=ready)


def play_link(store: Store, where: str) -> str:
    """A link to the live page that lets one browser in, once."""
    return f"{where}/play#{store.people.invite(OWNER, 'owner')}"


def about(cast: Cast, env: ArmEnv) -> dict[str, Json]:
    """What the viewer has to know first; bodies counts the goal's row, too."""
    name = Path(cast.policy).name
    return {
        "task": cast.task,
        "control_dt": env.engine.dt,
        "bodies": env.poses().shape[1],
        "source": name if cast.agent is not None else f"{name} policy",
    }


def actor_of(cast: Cast, env: ArmEnv, seed: int) -> Actor:
    """Who moves the arm: a run's newest policy, the task's script, or chance."""
    from armchair.cli.commands.play import make_policy
    from armchair.playback.live import Function, Newest

    if cast.agent is not None:
        return Newest(RunDir.open(Path(cast.policy)))
    policy = make_policy(cast, env, seed)
    return Function(lambda _, obs: policy(obs))
