"""`armchair judge`: a vision-language model as an annotator beside people."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.commands.judge.told import lines_of
from armchair.cli.flags import JsonFlag, TrustFlag
from armchair.cli.locate import Place, find_store
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import ArmchairError, InvalidInput

if TYPE_CHECKING:
    from armchair.judging.service import Service

EXAMPLES = (
    "armchair judge runs/reach-001 --model Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1",
    "armchair judge runs/reach-001 --model qwen2.5vl:7b --base-url http://127.0.0.1:11434/v1 --once",
    "armchair judge runs/reach-001 --model gpt-4o --base-url https://api.openai.com/v1 --tokens 200000",
)
LOW = 1  # the least of what is counted


@dataclasses.dataclass(frozen=True)
class Args(TrustFlag, JsonFlag):
    """Let a model that looks at pictures answer questions of a run, beside people.

    It sees both clips as strips of six pictures, twice, in either order. It answers only where both verdicts
    are the same, the learned reward is not sure of the opposite, and the question is not kept for people to
    check it by; all else is left to people. A key is read from OPENAI_API_KEY. The pictures go to the server
    that you name and nowhere else. See docs/judge.md.
    """

    run: tyro.conf.Positional[str]
    """The run's folder."""
    model: str
    """What the server calls the model."""
    base_url: str
    """The server's API, such as http://127.0.0.1:8000/v1."""
    name: str | None = None
    """The name it answers under; the model's if not given."""
    audit: float = 0.1
    """Share of what it would answer that is left to people, to see how far the two agree."""
    tokens: int | None = None
    """End before more tokens than this are used for the run in all, earlier starts included."""
    limit: int | None = None
    """End after so many questions."""
    once: bool = False
    """Judge what is open now and end, in place of waiting until the run is done."""
    timeout: float = 60.0
    """Seconds that a reply may take."""
    reply: int = 1000
    """Tokens that a reply may have; models that think aloud need more."""
    temperature: float | None = None
    """How much chance there is in a reply; the server's own if not given."""


def main(argv: Sequence[str]) -> int:
    """Judges until nothing is left to do, a limit is reached or it is asked to end; prints how it fared."""
    args = parse(Args, "judge", argv, EXAMPLES)
    report = Report("judge", args.json)
    service = check(args)
    from armchair.offers.extras import need

    need("judge", "a model that judges")
    place = find_store(args.run, trust=args.trust)
    if place.folder is None:
        raise InvalidInput(
            f"armchair judge takes a run's folder, in which it keeps what the model said, got {place.shown}"
        )
    return judge(args, service, place, place.folder, report)


def check(args: Args) -> Service:
    """Where the model is. Raises InvalidInput for flags that make no sense."""
    from armchair.judging.service import Service, check_url

    check_url(args.base_url)
    for flag, value, low in (
        ("--tokens", args.tokens, LOW),
        ("--limit", args.limit, LOW),
        ("--reply", args.reply, LOW),
    ):
        if value is not None and value < low:
            raise InvalidInput(f"{flag} must be at least {low}, got {value}")
    if not 0.0 <= args.audit <= 1.0:
        raise InvalidInput(f"--audit is a share from 0 to 1, got {args.audit:g}")
    if not 0.0 < args.timeout <= 600.0:
        raise InvalidInput(f"--timeout is above 0 and at most 600 seconds, got {args.timeout:g}")
    if args.temperature is not None and not 0.0 <= args.temperature <= 2.0:
        raise InvalidInput(f"--temperature is from 0 to 2, got {args.temperature:g}")
    if not args.model.strip():
        raise InvalidInput("--model takes what the server calls the model, got nothing")
    return Service(args.model, args.base_url, args.timeout, args.reply, args.temperature)


def judge(args: Args, service: Service, place: Place, folder: Path, report: Report) -> int:
    """Judge, and tell how it went, also where it is asked to end."""
    from armchair.cli.endings.told import leaving
    from armchair.engines.display.scene_asset import SCENE
    from armchair.judging.asking import Model
    from armchair.judging.figures import as_json
    from armchair.judging.judge import Judge, Terms
    from armchair.judging.stage import Stage
    from armchair.judging.verdicts import VerdictFile
    from armchair.store.rows.annotators import check_name
    from armchair.store.store import Store

    name = args.model if args.name is None else args.name
    check_name(name)
    terms = Terms(args.model, args.audit, args.tokens, args.limit, args.once)
    again = f"{place.shown} keeps what it said: the same command goes on from there"
    with Store.open(place.store, create=False) as store, leaving(lambda: again):
        scene = store.board.asset(SCENE)
        with (
            VerdictFile(folder, name) as file,
            Stage(None if scene is None else scene.data) as stage,
            Model(service) as model,
        ):
            one = Judge(store, model, stage, file, terms, report.log)
            why = "it was asked to end"
            try:
                why = one.run()
            except ArmchairError as error:
                why = str(error)
                raise
            finally:
                report.say(f"{one.judged} questions judged now; {why}")
                found = one.figures()
                for line in lines_of([found]):
                    report.say(line)
                report.finish({"run": place.shown, "ended": why, "judged": one.judged, **as_json(found)})
    return 0
