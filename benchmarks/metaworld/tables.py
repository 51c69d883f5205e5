"""Results as tables: one line for each cell of the table, with the number of seeds said plainly."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from cells import PROTOCOLS, SEEN, TASKS
from published import PUBLISHED, STEPS

from armchair.intervals import mean_interval
from armchair.jsonable import Json

Row = Mapping[str, Json]
HEAD = (
    "task",
    "answers",
    "teacher",
    "policy and reward see",
    "seeds",
    "ever, mean",
    "worst",
    "at the end, mean",
    "worst",
    "steps",
    "CPU s",
    "wall s",
)


def tables(results: Sequence[Row]) -> str:
    """Markdown: a table for each protocol that was measured, with published figures under each task."""
    parts: list[str] = []
    for protocol, words in PROTOCOLS.items():
        rows = [row for row in results if row["protocol"] == protocol]
        if rows:
            parts += [f"{protocol}: {words}", "", *_table(rows), ""]
    return "\n".join(parts) if parts else "nothing was measured yet"


def _table(results: Sequence[Row]) -> list[str]:
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for task in (name for name in TASKS if any(row["task"] == name for row in results)):
        own = [row for row in results if row["task"] == task]
        for kind in sorted({_kind(row) for row in own}, key=_order):
            lines.append(_line(task, kind, [row for row in own if _kind(row) == kind]))
        for one in (one for one in PUBLISHED if one.task == task):
            cells = (task, f"{one.answers}", "oracle", f"{one.method}, published", "", one.success)
            lines.append("| " + " | ".join((*cells, "", "", "", STEPS, "", "")) + " |")
    return lines


Kind = tuple[int, str, str, str]  # answers, teacher, what the policy observes, what the reward model sees


def _kind(row: Row) -> Kind:
    return int(str(row["labels"])), str(row["teacher"]), str(row["observed"]), str(row["inputs"])


def _order(kind: Kind) -> tuple[bool, bool, bool, Kind]:
    return kind[1] != "oracle", kind[3] != "relational", kind[2] != SEEN[0], kind


def _line(task: str, kind: Kind, rows: Sequence[Row]) -> str:
    answers, teacher, observed, inputs = kind
    seen = {"plain": "39 numbers", "differences": "39 numbers and differences"}[observed]
    model = "relations of points" if inputs == "relational" else "39 numbers"
    seeds = [str(row["seed"]) for row in sorted(rows, key=lambda row: int(str(row["seed"])))]
    ever, end = (_numbers(rows, name) for name in ("ever", "end"))
    cells = (task, str(answers), teacher, f"{seen}; {model}", f"{len(seeds)} ({', '.join(seeds)})")
    cells += (_mean(ever), _percent(min(ever)), _mean(end), _percent(min(end)))
    cells += (f"{statistics.median(_numbers(rows, 'steps')) / 1000:.0f}k",)
    cells += tuple(f"{statistics.median(_numbers(rows, name)):.0f}" for name in ("cpu_s", "wall_s"))
    return "| " + " | ".join(cells) + " |"


def _numbers(rows: Sequence[Row], name: str) -> list[float]:
    return [float(str(row[name])) for row in rows]


def _mean(values: Sequence[float]) -> str:
    found = mean_interval(values, 0.0, 1.0)
    spread = f" ({100 * found.low:.0f} to {100 * found.high:.0f})" if len(values) > 1 else ""
    return _percent(found.value) + spread


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
