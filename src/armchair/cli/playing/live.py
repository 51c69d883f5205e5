"""`armchair play` in the browser: the arm moves in this process, the page shows it and passes wishes on."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from armchair.agents.choosing import check_weights, choose, weights_of
from armchair.cli.endings.signals import calmly
from armchair.cli.flags import PageFlags
from armchair.cli.links import OWNER, open_browser
from armchair.cli.playing.cast import Cast, policy_of
from armchair.cli.report import Report
from armchair.envs.base import Env
from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.playback.live import Actor, Function, LiveEnv, Newest, Showing, Stage, check_live
from armchair.runs.curve import as_json, read_curve
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.status import put_scene
from armchair.web.live import Moment, Wish, player_of
from armchair.web.options import Options, check_cookie
from armchair.web.serve import check_port, serve


class LiveSource:
    """A stage that people watch: see `armchair.web.live.Source`."""

    def __init__(self, stage: Stage, about: Mapping[str, Json], run: RunDir | None = None) -> None:
        """run: whose policy acts, if any does."""
        self._stage, self._about, self._run = stage, about, run
        self._watching: list[Callable[[Moment], None]] = []
        self._showing = Showing(stage, self._tell)
        self._showing.start()

    def about(self) -> Mapping[str, Json]:
        """Task, control_dt, bodies, source; of a policy with wishes what they are and what weights bring."""
        actor = self._stage.actor
        if self._run is None or not isinstance(actor, Newest) or not actor.wishes:
            return self._about
        return {**self._about, **actor.told(), **wishes_of(self._run, actor.wishes)}

    def watch(self, tell: Callable[[Moment], None]) -> Callable[[], None]:
        """Call `tell` at every moment from now on. -> what ends that."""
        self._set_watching([*self._watching, tell])
        self._showing.soon(lambda: None)  # one who comes to a paused arm sees it, too
        return lambda: self._set_watching([other for other in self._watching if other is not tell])

    def wish(self, wish: Wish) -> None:
        """Something shall happen between two steps."""
        stage, showing = self._stage, self._showing
        if wish.do == "weights":
            actor = self._weighable(wish.weights)
            showing.soon(lambda: actor.weigh(wish.weights))
            return

        def rate() -> None:
            showing.rate = wish.value

        def pause() -> None:
            showing.paused = wish.do == "pause"

        actions = {"goal": stage.new_goal, "push": stage.push, "reset": stage.reset}
        showing.soon({**actions, "rate": rate, "pause": pause, "resume": pause}[wish.do])

    def choose(self, weights: Mapping[str, float]) -> None:
        """Have the weights kept in the run. ArmchairError where that cannot be."""
        actor = self._weighable(weights)
        assert self._run is not None, "a run's policy acts"
        choose(self._run, weights)
        self._showing.soon(actor.look)

    def _weighable(self, weights: Mapping[str, float]) -> Newest:
        """Who acts. InvalidInput unless that can have these weights."""
        actor = self._stage.actor
        if not isinstance(actor, Newest):
            raise InvalidInput("the policy that acts has no wishes to weigh")
        check_weights(weights, actor.wishes, self._about["source"])
        return actor

    def close(self) -> None:
        """End the stage's thread."""
        self._showing.close()

    def _set_watching(self, watching: list[Callable[[Moment], None]]) -> None:
        self._watching = watching
        self._showing.watched = len(watching)

    def _tell(self, frame: bytes, status: dict[str, Json] | None) -> None:
        for tell in self._watching:
            tell(Moment(frame, status))


def play_live(cast: Cast, seed: int, flags: PageFlags, report: Report) -> int:
    """Serve the live page until it is asked to end."""
    check_cookie(flags.cookie)
    check_port(flags.host, flags.port)
    env = check_live(cast.spec.name, cast.spec.make(1, cast.config, seed=seed, record=cast.spec.foreign))
    stage = Stage(env, actor_of(cast, env, seed), seed, tells=cast.wish is None)
    source = LiveSource(stage, about(cast, env), run_of(cast))
    try:
        with tempfile.TemporaryDirectory(prefix="armchair-play-") as folder:
            _serve(Path(folder) / "armchair.db", env, source, flags, report)
    finally:
        source.close()
        env.close()
    report.finish({"task": cast.spec.name, "policy": cast.policy})
    return 0


def _serve(database: Path, env: LiveEnv, source: LiveSource, flags: PageFlags, report: Report) -> None:
    """Over a store that holds nothing but the scene: watching a run leaves no trace in it."""
    with Store.open(database) as store:
        put_scene(store, env.scene_asset())

        def ready(where: str) -> None:
            report.say(f"watch here (Ctrl-C ends it): {play_link(store, where)}")
            if not flags.no_open:
                open_browser(play_link(store, where))

        name, player = str(source.about()["source"]), player_of(source)
        options = Options(name, None, flags.host, flags.port, dashboard=False, player=player)
        options = dataclasses.replace(options, cookie_name=flags.cookie)
        with calmly() as asked:
            serve(database, options, ready=ready, until=asked)


def play_link(store: Store, where: str) -> str:
    """A link to the live page that lets one browser in, once."""
    return f"{where}/play#{store.people.invite(OWNER, 'owner')}"


def about(cast: Cast, env: LiveEnv) -> dict[str, Json]:
    """What the viewer has to know first; bodies counts the goal's row, too."""
    name = Path(cast.policy).name
    return {
        "task": cast.spec.name,
        "control_dt": env.dt,
        "bodies": env.poses().shape[1],
        "source": f"{name} policy" if cast.agent is None and cast.act is None else name,
    }


def run_of(cast: Cast) -> RunDir | None:
    """The run whose policy acts, if one does."""
    return None if cast.agent is None else RunDir.open(Path(cast.policy))


def wishes_of(run: RunDir, names: Sequence[str]) -> dict[str, Json]:
    """The wishes of a run's policy, each with its question, and the curve where there is one of them."""
    curve = None
    with suppress(RunError):  # the arm moves without it
        curve = read_curve(run)
    if curve is None or set(curve.wishes) != set(names):
        return {"wishes": [{"name": name, "question": ""} for name in names], "curve": []}
    asked = dict(zip(curve.wishes, curve.questions, strict=True))
    wishes: list[Json] = [{"name": name, "question": asked[name]} for name in names]
    return {"wishes": wishes, "curve": as_json(curve)["rows"]}


def actor_of(cast: Cast, env: Env, seed: int) -> Actor:
    """Who moves the arm: a run's newest policy, the task's script, or chance."""
    run = run_of(cast)
    if run is not None:
        chosen = weights_of(run)
        return Newest(run, {name: w for name, w in cast.weights.items() if w != chosen.get(name)})
    policy = policy_of(cast, env, seed)
    return Function(lambda _, obs: policy(obs))
