"""Results as tables: one line for each cell of the table, with the number of seeds said plainly.

A line without a word beside its task is of an oracle's answers, a policy that observes the 39 numbers, and a
reward model that sees how points lie to each other. What differs is named. Where the seeds of a line came to
different ends a second table tells each of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from cells import PROTOCOLS, TASKS, Cell
from published import PUBLISHED, STEPS

from armchair.intervals import mean_interval
from armchair.jsonable import Json

Row = Mapping[str, Json]
USUAL = tuple(Cell._field_defaults.values())  # who answers, what policy and reward model see
HEAD = (
    "task",
    "answers",
    "ever: mean (95 %)",
    "worst",
    "at the end: mean (95 %)",
    "worst",
    "seeds",
    "steps",
    "CPU s",
    "wall s",
)
BY_SEED = ("task", "answers", "by seed: ever / at the end, %")


def tables(results: Sequence[Row]) -> str:
    """Markdown: tables for each protocol that was measured, with figures published in the field's."""
    parts: list[str] = []
    for protocol, words in PROTOCOLS.items():
        rows = [row for row in results if row["protocol"] == protocol]
        if rows:
            parts += [f"{protocol}: {words}", "", *_table(rows, peers=protocol == "field"), ""]
            parts += _by_seed(rows)
    return "\n".join(parts) if parts else "nothing was measured yet"


def _table(results: Sequence[Row], *, peers: bool) -> list[str]:
    lines = _head(HEAD)
    for task in _tasks(results):
        lines += [_line(task, kind, rows) for kind, rows in _kinds(task, results)]
        lines += [_published(task)] if peers else []
    return lines


def _by_seed(results: Sequence[Row]) -> list[str]:
    """What each seed came to, of the lines whose seeds differ."""
    lines: list[str] = []
    for task in _tasks(results):
        for kind, rows in _kinds(task, results):
            if len({(row["ever"], row["end"]) for row in rows}) > 1:
                lines.append(f"| {_name(task, kind)} | {kind[0]} | {', '.join(map(_seed, rows))} |")
    return [*_head(BY_SEED), *lines, ""] if lines else []


def _head(names: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]


def _tasks(results: Sequence[Row]) -> list[str]:
    return [name for name in TASKS if any(row["task"] == name for row in results)]


def _kinds(task: str, results: Sequence[Row]) -> list[tuple[Kind, list[Row]]]:
    """The results of a task by line of the table, each in the order of its seeds."""
    own = sorted((row for row in results if row["task"] == task), key=lambda row: int(str(row["seed"])))
    kinds = sorted({_kind(row) for row in own}, key=_order)
    return [(kind, [row for row in own if _kind(row) == kind]) for kind in kinds]


def _seed(row: Row) -> str:
    ever, end = (_number(float(str(row[name]))) for name in ("ever", "end"))
    return f"{row['seed']}: {ever} / {end}"


def _name(task: str, kind: Kind) -> str:
    others = (word for word, usual in zip(kind[1:], USUAL, strict=True) if word != usual)
    return ", ".join((task, *others))


def _published(task: str) -> str:
    """All figures of others for it, in one line."""
    found = [one for one in PUBLISHED if one.task == task]
    answers = ", ".join(str(one.answers) for one in found)
    success = ", ".join(f"{one.success} ({one.method})" for one in found)
    return "| " + " | ".join((f"{task}, published", answers, success, "", "", "", "", STEPS, "", "")) + " |"


Kind = tuple[int, str, str, str]  # answers, and as in `USUAL`


def _kind(row: Row) -> Kind:
    return int(str(row["labels"])), str(row["teacher"]), str(row["observed"]), str(row["inputs"])


def _order(kind: Kind) -> tuple[bool, bool, bool, Kind]:
    return kind[1] != USUAL[0], kind[3] != USUAL[2], kind[2] != USUAL[1], kind


def _line(task: str, kind: Kind, rows: Sequence[Row]) -> str:
    seeds = [str(row["seed"]) for row in rows]
    ever, end = (_numbers(rows, name) for name in ("ever", "end"))
    cells = (
        _name(task, kind),
        str(kind[0]),
        _mean(ever),
        _percent(min(ever)),
        _mean(end),
        _percent(min(end)),
    )
    cells += (f"{len(seeds)} ({', '.join(seeds)})",)
    cells += (f"{statistics.median(_numbers(rows, 'steps')) / 1000:.0f}k",)
    cells += tuple(f"{statistics.median(_numbers(rows, name)):.0f}" for name in ("cpu_s", "wall_s"))
    return "| " + " | ".join(cells) + " |"


def _numbers(rows: Sequence[Row], name: str) -> list[float]:
    return [float(str(row[name])) for row in rows]


def _mean(values: Sequence[float]) -> str:
    """With its interval, which Student's t does not give to values that are all alike."""
    found = mean_interval(values, 0.0, 1.0)
    spread = f" ({_number(found.low)} to {_number(found.high)})" if found.low < found.high else ""
    return _percent(found.value) + spread


def _percent(share: float) -> str:
    return f"{_number(share)} %"


def _number(share: float) -> str:
    """Of a hundred, to a tenth: 99.6 must not read as 100."""
    return f"{100 * share:.1f}".removesuffix(".0")
