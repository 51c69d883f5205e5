"""`armchair teach`: the main job, a policy taught by comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.cli.links import Door
    from armchair.config.teach import TeachConfig
    from armchair.feedback.teachers import Teacher
    from armchair.jsonable import Json
    from armchair.runs.folder import RunDir

EXAMPLES = (
    "armchair teach reach",
    "armchair teach reach --host 0.0.0.0 --invite ann bob",
    "armchair teach reach --teacher oracle",
    "armchair teach reach --teacher mistake --mistake 0.2 --labels 100 --seed 3",
    "armchair teach push --teacher oracle --config push --runs runs --json",
    "armchair teach pick_place --teacher oracle --demos scripted:20",
    "armchair teach pick_place --policy runs/pick_place-001 --teacher oracle --style carry_high",
    "armchair teach --config block_stack --teacher oracle --compare",
    "armchair teach gymnasium:Pendulum-v1 --teacher oracle",
    "armchair teach reach --store postgresql://user@host/reach",
    "armchair teach my_module:make_env --labels 300 --question 'Which one lands softly?'",
)

TRAITS = ("beta", "mistake", "skip", "equal", "myopic")  # of simulated teachers, with a number each
PERSON = "person"  # in a run's description, in the place of a simulated teacher's name


@dataclasses.dataclass(frozen=True)
class Args:
    """Teach a policy by comparing clips, two at a time; no reward is written.

    You answer, on a page that opens in the browser, and the arm learns meanwhile. With --teacher a simulated
    one answers instead, from the task's own reward, which the learner never sees. The run is kept in a
    folder of its own under --runs; after Ctrl-C `armchair resume` goes on with it.
    """

    task: tyro.conf.Positional[str | None] = None
    """A task, `gymnasium:ID`, or `module:factory` of your own; may be left out where --config has one."""
    teacher: str | None = None
    """Who answers in your place: oracle, boltzmann, mistake, skip, equal, myopic or coin."""
    labels: int | None = None
    """Questions that may be asked, all told."""
    seed: int | None = None
    """Fixes everything that is random."""
    config: str | None = None
    """A preset's name or a YAML file; the task's own preset if not given."""
    engine: str | None = None
    """The simulator; `armchair envs` lists them."""
    control: str | None = None
    """What actions move: "tool" or "joint"."""
    updates: int | None = None
    """Updates of the policy."""
    threads: int | None = None
    """Simulation threads, 0 for one a core."""
    demos: str | None = None
    """Demonstrations to begin with: scripted:20 for so many by the task's script, or a folder of them."""
    starts: float | None = None
    """Share of the episodes that begin along a demonstration, or along the script's solution; fewer later."""
    motion: bool = False
    """Let the reward model see how fast tool and blocks move, for wishes about that."""
    beta: float | None = None
    """The teacher's sharpness: higher errs less (boltzmann)."""
    mistake: float | None = None
    """Share of the teacher's answers that are turned round."""
    skip: float | None = None
    """The teacher cannot tell when both clips lie in this lowest share."""
    equal: float | None = None
    """The teacher sees a tie below this share of difference."""
    myopic: float | None = None
    """The teacher discounts earlier steps by this per step."""
    style: str | None = None
    """The teacher judges how the arm moves instead: from_above, slow_near_goal, carry_high, place_gently."""
    style_weight: float | None = None
    """With --style: the teacher judges by the task's reward and, so many times, by the style."""
    policy: Path | None = None
    """Go on with this run's policy, in place of one that knows nothing: answers then refine it."""
    question: str | None = None
    """What the page asks; the task's own words if not given."""
    host: str = "127.0.0.1"
    """Where the page listens: 0.0.0.0 lets others in, who must be invited."""
    port: int = 8642
    """The page's port."""
    invite: tuple[str, ...] = ()
    """Names of further people who answer; a link is printed for each."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""
    compare: bool = False
    """With --teacher: at the end train on the task's own reward, too, and draw both (comparison.png)."""
    hide_success: bool = False
    """Do not show on the page how often the arm succeeds."""
    store: str | None = None
    """Keep answers and clips in this empty PostgreSQL database, by URL, for pages on other hosts."""
    runs: Path = Path("runs")
    """Folder in which the run's folder is made."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Teaches, and leaves a summary, a plot and a film; returns 0."""
    args = parse(Args, "teach", argv, EXAMPLES)
    report = Report("teach", args.json)
    from armchair.cli.stores import check_new
    from armchair.cli.teaching import go_through, with_people
    from armchair.config.read import as_yaml
    from armchair.runs.folder import STORE_KEY, RunDir

    config = _config(args)
    _warn(args, config, report)
    asked = teacher_of(args)
    teacher = None if asked["name"] == PERSON else make(asked, config)
    if ":" in config.task:
        check_import(config.task)
    door = None
    if teacher is None:
        door = open_door(args.host, args.port, args.invite, browser=not args.no_open)
    name = config.task.replace(":", "-").replace("/", "-")
    described: dict[str, Json] = {**as_yaml(config), "teacher": asked}
    if args.store is not None:
        check_new(args.store)
        described[STORE_KEY] = args.store
    if teacher is not None:
        run = RunDir.create(args.runs, name, described)
        compared = str(asked["name"]) if args.compare else None
        return go_through(run, config, teacher, report, resume=False, compared=compared)
    assert door is not None
    run = RunDir.create(args.runs, name, described)
    return with_people(run, config, door, report, _settings(args), resume=False)


def open_door(
    host: str, port: int, invite: tuple[str, ...], *, browser: bool, run: RunDir | None = None
) -> Door:
    """How the page will be reached, checked before anything is made. run: an older one, to go on with."""
    from armchair.cli.links import Door, check_door
    from armchair.web.serve import anyone_invited, check_port

    store = run.store if run is not None else None
    there = isinstance(store, str) or (store is not None and store.is_file())
    door = Door(host, port, browser, invite)
    check_door(door, invited=store is not None and there and anyone_invited(store))
    check_port(host, port)
    return door


def _settings(args: Args) -> dict[str, Json]:
    """What is set of the page from the command line."""
    given: dict[str, Json] = {} if args.question is None else {"question": args.question}
    return given | ({"show_success": False} if args.hide_success else {})


def check_import(task: str) -> None:
    """Raises InvalidInput for an environment of others that cannot be used, before a run's folder is made."""
    from armchair.envs.foreign.env import import_env

    import_env(task).close()


def _config(args: Args) -> TeachConfig:
    """The preset or file, with the flags over it."""
    from armchair.config.read import named, preset_for, with_flags
    from armchair.training.demonstrations import as_trained, check_folder

    flags = {
        "task": args.task,
        "labels": args.labels,
        "seed": args.seed,
        "engine": args.engine,
        "control": args.control,
        "updates": args.updates,
        "threads": args.threads,
        "demos": args.demos,
        "starts": args.starts,
        "motion": args.motion or None,
        "policy": None if args.policy is None else str(args.policy),
    }
    config = with_flags(preset_for(named(args.task, args.config), args.control, args.config), flags)
    check_folder(config)
    return as_trained(config)


def _warn(args: Args, config: TeachConfig, report: Report) -> None:
    """Say so where teaching cannot use what it was given: a reward model, or a wish that it cannot see."""
    from armchair.config.read import load_settings
    from armchair.feedback.styles import OF_MOTION

    task = config.task
    if args.style in OF_MOTION and not config.motion:
        report.log(f"{args.style} is about speed, which the reward model sees with --motion only")

    path = load_settings(args.config).reward_model_path if args.config is not None else None
    if path is not None:
        report.log(f"reward_model_path is for `armchair train {task} --reward {path}`; teaching learns anew")


def teacher_of(args: Args) -> dict[str, str | float]:
    """The teacher as it is written into the run: its name and what was set of it."""
    given = {
        "beta": args.beta,
        "mistake": args.mistake,
        "skip": args.skip,
        "equal": args.equal,
        "myopic": args.myopic,
        "style": args.style,
        "style_weight": args.style_weight,
    }
    traits = {key: value for key, value in given.items() if value is not None}
    if args.style_weight is not None and args.style is None:
        raise InvalidInput("--style-weight needs a --style to weigh")
    if args.teacher in (None, PERSON) and args.compare:
        raise InvalidInput(
            "--compare is for simulated teachers: add --teacher oracle, or use armchair compare"
        )
    if args.teacher in (None, PERSON) and traits:
        flag = f"--{next(iter(traits))}"
        raise InvalidInput(f"{flag} is a trait of simulated teachers: add --teacher oracle, or leave it out")
    return {"name": args.teacher or PERSON, **traits}


def make(teacher: dict[str, str | float], config: TeachConfig) -> Teacher:
    """The simulated teacher that `teacher_of` described."""
    from armchair.feedback.styles import style_score, weighted
    from armchair.feedback.teachers import make_teacher, true_return
    from armchair.maths import generator
    from armchair.tasks import get_task

    style = teacher.get("style")
    scorer = style_score(str(style), get_task(config.task).points) if style else true_return
    weight = teacher.get("style_weight")
    if weight is not None:
        scorer = weighted((true_return, 1.0), (scorer, float(weight)))
    params = {key: float(value) for key, value in teacher.items() if key in TRAITS}
    return make_teacher(str(teacher["name"]), params, generator(config.seed, "teacher"), scorer=scorer)


def open_run(run: RunDir) -> tuple[TeachConfig, Teacher | None]:
    """A run of teaching that exists already, as it was set up; no teacher where people answer."""
    from typing import cast

    from armchair.config.read import from_run
    from armchair.errors import RunError

    saved = run.config()
    described = saved.pop("teacher", None)
    if not isinstance(described, dict):
        raise RunError(f"{run.path} is no run of teaching: `armchair teach` makes one")
    config, teacher = from_run(saved), cast("dict[str, str | float]", described)
    return config, None if teacher["name"] == PERSON else make(teacher, config)
