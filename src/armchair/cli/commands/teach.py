"""`armchair teach`: the main job, a policy taught by comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import PointsFlags, SetupFlags, TrackFlag, TrainerFlags, TrustFlag, WishesFlags
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.cli.wishes.teaching import asked_for, check_wishes, wishes_on_skill
from armchair.errors import InvalidInput
from armchair.offers.extras import need

if TYPE_CHECKING:
    from armchair.config.teach import TeachConfig
    from armchair.jsonable import Json
    from armchair.runs.folder import RunDir as Run

EXAMPLES = (
    "armchair teach reach",
    "armchair teach reach --host 0.0.0.0 --invite ann bob",
    "armchair teach reach --teacher oracle",
    "armchair teach reach --teacher mistake --mistake 0.2 --labels 100 --seed 3",
    "armchair teach reach --teacher viewer --views 1 --labels 60",
    "armchair teach push --teacher oracle --config push --runs runs --json",
    "armchair teach pick_place --teacher oracle --demos scripted:20",
    "armchair teach --policy runs/pick_place-001 --wish 'Which one carries the block higher?'",
    "armchair teach --policy runs/pick_place-001 --teacher oracle --style carry_high --clip episode",
    "armchair teach --config block_stack --teacher oracle --compare",
    "armchair teach gymnasium:Pendulum-v1 --teacher oracle",
    "armchair teach my_module:make_env --points hand=0 object=4 goal=36 --scalars gripper=3",
    "armchair teach reach --teacher oracle --track tensorboard,wandb",
    "armchair teach reach --store postgresql://user@host/reach",
    "armchair teach my_module:make_env --labels 300 --question 'Which one lands softly?'",
)


@dataclasses.dataclass(frozen=True)
class Args(WishesFlags, TrainerFlags, PointsFlags, TrustFlag, TrackFlag, SetupFlags):
    """Teach a policy by comparing clips, two at a time; no reward is written.

    You answer, on a page that opens in the browser, and the arm learns meanwhile. With --teacher a simulated
    one answers instead, from the task's own reward, which the learner never sees. The run is kept in a
    folder of its own under --runs; after Ctrl-C `armchair resume` goes on with it.
    """

    task: tyro.conf.Positional[str | None] = None
    """A task, `gymnasium:ID`, or `module:factory` of your own; may be left out where --config has one."""
    teacher: str | None = None
    """Who answers in your place: oracle, viewer, boltzmann, mistake, skip, equal, myopic or coin."""
    labels: int | None = None
    """Questions that may be asked, all told."""
    config: str | None = None
    """A preset's name or a YAML file; the task's own preset if not given."""
    updates: int | None = None
    """Updates of the policy."""
    clip: str | None = None
    """Over which time one judges: moment (half as long as usual), usual, episode (a whole one), or a number
    of control steps, 20 to a second in armchair's own tasks."""
    demos: str | None = None
    """Demonstrations to begin with: scripted:20 for so many by the task's script, lerobot:DIR or minari:DIR
    for the episodes of a data set, or a folder of them. With --wish a folder of two to five that show it."""
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
    views: int | None = None
    """Views of each clip that the viewer has: 1 as the page begins, or 2, from above as well."""
    jnd: float | None = None
    """Pixels by which mean distances must differ for the viewer to be right in 75 % of the cases."""
    weber: float | None = None
    """Share of a distance that the viewer errs by besides."""
    end: float | None = None
    """Share of the viewer's judgement that the clip's last quarter makes by itself."""
    swap: float | None = None
    """1: the viewer looks at the small view in full size, too."""
    lapse: float | None = None
    """Share of the viewer's answers that are given blindly."""
    question: str | None = None
    """What the page asks; the task's own words if not given."""
    compare: bool = False
    """With --teacher: at the end train on the task's own reward, too, and draw both (comparison.png)."""
    hide_success: bool = False
    """Do not show on the page how often the arm succeeds."""
    store: str | None = None
    """Keep answers and clips in this empty PostgreSQL database, by URL, for pages on other hosts."""
    clips: str | None = None
    """Keep the clips' bytes at this URL instead, such as s3://bucket/clips or file:///data/clips."""


def main(argv: Sequence[str]) -> int:
    """Teaches, and leaves a summary, a plot and a film; returns 0."""
    args = parse(Args, "teach", argv, EXAMPLES)
    report = Report("teach", args.json)
    from armchair.api.begin import begin_run
    from armchair.cli.links import check_page
    from armchair.cli.locate import admit_config, admit_run
    from armchair.cli.page import teach_with_page
    from armchair.cli.teaching import teach_run
    from armchair.cli.tracking.runs import begin_tracked, check_track
    from armchair.config.points import settled_by
    from armchair.config.read import as_yaml
    from armchair.envs.spec import resolve_task
    from armchair.runs.folder import RunDir
    from armchair.training.asking.described import UNREWARDED, errs, make_described
    from armchair.training.environments import check_task

    described, trackers = describe_teacher(args), check_track(args.track)
    if args.compare:
        need("plots", "the plot of a comparison")  # before hours of work
    admit_config(args.config, args.task, trust=args.trust, ray=args.ray)
    if args.policy is not None:
        admit_run(RunDir.open(args.policy), trust=args.trust)
    people = errs(described)
    config = _config(args, people=people, pointed=False)
    spec = resolve_task(config.task)
    check_task(spec, config, rewarded=described["name"] not in UNREWARDED)
    config = settled_by(lambda pointed: _config(args, people=people, pointed=pointed))
    _warn(args, config, report)
    teacher = make_described(described, config)
    if teacher is None and not args.no_page:
        check_page(args)
    about: dict[str, Json] = {**as_yaml(config), "teacher": described}
    about |= _elsewhere(args)
    run = begin_run(args.runs, spec.slug, about)
    _keep_clips(run, args)
    begin_tracked(run, trackers)
    if teacher is None:
        return teach_with_page(run, config, args, report, resume=False, settings=_settings(args))
    compared = str(described["name"]) if args.compare else None
    return teach_run(run, config, teacher, report, resume=False, compared=compared)


def _elsewhere(args: Args) -> dict[str, Json]:
    """What the run's configuration has of where answers and clips are kept, once that is found usable."""
    from armchair.cli.locate import check_new
    from armchair.runs.folder import STORE_KEY
    from armchair.runs.trust import gate
    from armchair.store.rows.objects import check_place

    if args.clips is not None:
        need("clips", "--clips")
        check_place(args.clips)
    if args.store is None:
        return {}
    check_new(args.store)
    gate.allow(f"store {args.store}")
    return {STORE_KEY: args.store}


def _keep_clips(run: Run, args: Args) -> None:
    """Have the clips kept where the flags say."""
    from armchair.store.store import Store

    if args.clips is not None:
        with Store.open(run.store) as store:
            store.keep_clips_at(args.clips)


def _settings(args: Args) -> dict[str, Json]:
    """What is set of the page from the command line."""
    given: dict[str, Json] = {"question": args.question, "show_success": False if args.hide_success else None}
    return {key: value for key, value in given.items() if value is not None}


def _config(args: Args, *, people: bool, pointed: bool) -> TeachConfig:
    """The preset or file, with the flags over it. people: whether answers may be wrong; pointed: whether the
    points of an environment of others are known.
    """
    from armchair.config.clip import clip_length
    from armchair.config.pace import paced
    from armchair.config.points import flags_of_points
    from armchair.config.read import preset_for, task_named, with_flags
    from armchair.envs.spec import resolve_task
    from armchair.training.asking.described import PERSON
    from armchair.training.demonstrations import check_folder
    from armchair.training.setup import with_widths_of_policy

    names = ("task", "labels", "seed", "engine", "device", "control", "arm", "updates", "threads")
    names += ("workers", "ray")
    names += ("demos", "starts")
    flags = {name: getattr(args, name) for name in names}
    flags |= {"motion": args.motion or None, "policy": None if args.policy is None else str(args.policy)}
    flags |= flags_of_points(args.points, args.scalars)
    if asked_for(args):
        base = wishes_on_skill(args, args.task, args.config)
    else:
        task = task_named(args.task, args.config)
        base = preset_for(task, args.control, args.config, people=people, pointed=pointed)
    if args.clip is not None:
        horizon = resolve_task(base.task).horizon
        flags |= {"clip_length": clip_length(args.clip, base.queries.clip_length, horizon)}
    config = with_flags(base, flags)
    if args.teacher not in (None, PERSON):
        config = paced(config, base, fixed_updates=args.updates is not None)
    check_folder(resolve_task(config.task), config)
    return with_widths_of_policy(config)


def _warn(args: Args, config: TeachConfig, report: Report) -> None:
    """Say so where teaching cannot use what it was given: questions, a reward model, a wish it cannot see."""
    from armchair.config.pace import told_short
    from armchair.config.read import load_settings
    from armchair.feedback.styles import OF_MOTION
    from armchair.training.asking.described import PERSON

    if not config.wishes.asked and set(args.style) & set(OF_MOTION) and not config.env.motion:
        report.log(f"{args.style[0]} is about speed, which the reward model sees with --motion only")
    if args.teacher not in (None, PERSON) and (short := told_short(config)):
        report.log(short)
    path = load_settings(args.config).reward_model_path if args.config is not None else None
    if path is not None:
        train = f"armchair train {config.task} --reward {path}"
        report.log(f"reward_model_path is for `{train}`; teaching learns anew")


def describe_teacher(args: Args) -> dict[str, str | float]:
    """The teacher as it is written into the run: its name and what was set of it."""
    from armchair.training.asking.described import PERSON, TRAITS

    given = {name: getattr(args, name) for name in TRAITS}
    traits = {name: value for name, value in given.items() if value is not None}
    check_wishes(args, task=args.task, teacher=args.teacher)
    if args.style and args.policy is None:
        traits["style"] = args.style[0]
    if args.compare and args.style:
        raise InvalidInput("--compare draws the task's success, which says nothing of a style: leave one out")
    if args.teacher in (None, PERSON) and args.compare:
        raise InvalidInput(
            "--compare is for simulated teachers: add --teacher oracle, or use armchair compare"
        )
    if args.teacher in (None, PERSON) and (traits or args.style):
        flag = f"--{next(iter(traits), 'style')}"
        raise InvalidInput(f"{flag} is a trait of simulated teachers: add --teacher oracle, or leave it out")
    return {"name": args.teacher or PERSON, **traits}
