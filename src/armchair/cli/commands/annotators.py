"""`armchair annotators`: who answered, how far they can be relied on, and whose answers count."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import InvalidInput, check_choice
from armchair.jsonable import Json
from armchair.store.rows.names import meant

if TYPE_CHECKING:
    from armchair.feedback.agreement import Reliability, Share
    from armchair.store.people import Person
    from armchair.store.store import Store

SHARES = ("as others", "as the model", "same to repeats", "shown left")
MODEL = "model"  # a kind of annotator, see `armchair judge`
HEADS = ("annotator", "answers", *SHARES, "slips", "seconds", "counts", "remarks")
EXAMPLES = (
    "armchair annotators runs/reach-001",
    "armchair annotators runs/reach-001 --exclude bob",
    "armchair annotators runs/reach-001 --include bob",
    "armchair annotators runs/reach-001 --sign-out bob --withdraw bob",
    "armchair annotators postgresql://user@host/reach --json",
)


@dataclasses.dataclass(frozen=True)
class Args(TrustFlag, JsonFlag):
    """List who answered, how far their answers can be relied on, and who may come in.

    The answers of whoever is excluded stay in the store and count nowhere; a trainer that runs fits the
    reward anew without them, one that does not run does so when it is resumed.
    """

    run: tyro.conf.Positional[str]
    """The run's folder, or the URL of its database."""
    exclude: tuple[str, ...] = ()
    """Names of annotators whose answers are to count no longer."""
    include: tuple[str, ...] = ()
    """Names of annotators whose answers are to count again."""
    sign_out: tuple[str, ...] = ()
    """Names of people whose sessions end, with every page that they have open."""
    withdraw: tuple[str, ...] = ()
    """Names of people whose unused links let nobody in any more."""


def main(argv: Sequence[str]) -> int:
    """Excludes and includes whom it is told to, prints a line for each annotator and returns 0."""
    args = parse(Args, "annotators", argv, EXAMPLES)
    report = Report("annotators", args.json)
    from armchair.cli.commands.judge.told import lines_of
    from armchair.cli.locate import find_store
    from armchair.judging.figures import as_json, read
    from armchair.store.store import Store

    if both := sorted({*args.exclude} & {*args.include}):
        raise InvalidInput(f"{both[0]} cannot be excluded and included at once: leave one of the two out")
    place = find_store(args.run, trust=args.trust)
    with Store.open(place.store, create=False) as store:
        change(store, args.exclude, args.include)
        for line in put_out(store, args.sign_out, args.withdraw):
            report.say(line)
        passes = passes_of(store)
        people = {person.name: person for person in store.people.people()}
        rows, models = figures(store), read(store)
    lines = [_line(people[name], row) for name, row in rows.items()]
    report.say(table([HEADS, *lines], indent="") if lines else "nobody has answered yet")
    for line in lines_of(models):
        report.say(f"\n{line}")
    if passes:
        report.say("\n" + table([("may come in", "as", "by", "until"), *passes], indent=""))
    names = ("name", "role", "by", "until")
    told: list[Json] = [dict(zip(names, row, strict=True)) for row in passes]
    listed: list[Json] = [_json(people[name], row) for name, row in rows.items()]
    judged: list[Json] = [as_json(one) for one in models]
    report.finish({"run": place.shown, "annotators": listed, "passes": told, "models": judged})
    return 0


def change(store: Store, exclude: Sequence[str], include: Sequence[str]) -> None:
    """Exclude and include; all names are checked first."""
    excluded = {person.name: person.excluded for person in store.people.people()}
    for name in (*exclude, *include):
        check_choice("annotator", meant(name, excluded), excluded)
    for names, out in ((exclude, True), (include, False)):
        for name in dict.fromkeys(meant(name, excluded) for name in names):
            if excluded[name] != out:
                store.people.exclude(name, out)


def put_out(store: Store, sign_out: Sequence[str], withdraw: Sequence[str]) -> list[str]:
    """End sessions and withdraw links; all names are checked first. -> what was done, a line each."""
    people = store.people
    known = [person.name for person in people.people()] + [link.name for link in people.invited()]
    for name in (*sign_out, *withdraw):
        check_choice("person", meant(name, known), dict.fromkeys(known))
    done: list[str] = []
    for names, end, what, ended in (
        (sign_out, people.sign_out, "session", "ended"),
        (withdraw, people.withdraw, "link", "withdrawn"),
    ):
        for name in dict.fromkeys(meant(name, known) for name in names):
            number = end(name)
            done.append(f"{number} {what}{'' if number == 1 else 's'} of {name} {ended}")
    return done


def passes_of(store: Store) -> list[tuple[str, str, str, str]]:
    """Who may come in: name, role, by a session or an unused link, until when (local time)."""
    rows = [(one, "session") for one in store.people.sessions()]
    rows += [(one, "unused link") for one in store.people.invited()]
    return [
        (one.name, one.role, by, datetime.fromtimestamp(one.expires).strftime("%Y-%m-%d %H:%M"))
        for one, by in rows
    ]


def figures(store: Store) -> dict[str, Reliability]:
    """What speaks for and against each annotator, by name; who is excluded is no measure for the others."""
    from armchair.feedback.agreement import reliability

    rows = {row.annotator: row for row in reliability(store.records(excluded=True))}
    return rows | {row.annotator: row for row in reliability(store.records())}


def _line(person: Person, row: Reliability) -> tuple[str, ...]:
    both = person.kind == MODEL  # which sees each pair from both sides
    shares = (*map(_percent, (row.others, row.model, row.repeats)), "–" if both else _percent(row.left))
    seconds = "–" if row.seconds is None else f"{row.seconds.median:.1f}"
    counts = "no" if person.excluded else "yes"
    remarks = ([MODEL] if both else []) + list(row.flags)
    slips = (
        "–" if row.slips is None else f"{row.slips.rate:.0%} ({row.slips.low:.0%} to {row.slips.high:.0%})"
    )
    return (person.name, str(row.answers), *shares, slips, seconds, counts, ", ".join(remarks) or "–")


def _percent(share: Share) -> str:
    return f"{share.rate:.0%} of {share.of}" if share.of else "–"


def _json(person: Person, row: Reliability) -> dict[str, Json]:
    shares = {"others": row.others, "model": row.model, "repeats": row.repeats, "left": row.left}
    return {
        "name": person.name,
        "kind": person.kind,
        "answers": row.answers,
        "excluded": person.excluded,
        "flags": list(row.flags),
        "slips": None if row.slips is None else row.slips.rate,
        "seconds": None if row.seconds is None else row.seconds.median,
        **{name: share.rate if share.of else None for name, share in shares.items()},
    }
