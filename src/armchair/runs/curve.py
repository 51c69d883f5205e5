"""What the weights of a run's wishes bring and cost: `curve.json`, left by the trainer once it is measured.

{"wishes": ["carry_high"], "questions": {"carry_high": "Which one carries the block higher?"},
 "chosen": {"carry_high": 0.6},
 "rows": [{"weights": {"carry_high": 0.0}, "done": 0.99, "success": 0.98, "wish": {"carry_high": 0.47}}, …]}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.reading.files import read_bytes
from armchair.reading.limits import TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir

FILE = "curve.json"
MOST_WISHES, MOST_ROWS = 8, 1000
MOST_NAME, MOST_QUESTION = 64, 300  # characters


class Row(NamedTuple):
    """What the policy does at some weights: means over episodes."""

    weights: tuple[float, ...]  # (W,) in [0, 1]
    done: float  # share of episodes in which the task is done, as the skill's own learned reward sees it
    success: float | None  # true share of successes, for reports; None where nobody knows
    wish: tuple[float, ...]  # (W,) learned reward of each wish


class Curve(NamedTuple):
    """What every weight that was tried came to; all tuples are in the order of the wishes."""

    wishes: tuple[str, ...]  # (W,) names
    questions: tuple[str, ...]  # (W,) what people were asked about each
    chosen: tuple[float, ...]  # (W,) the weights that the run's policy has
    rows: tuple[Row, ...]


def read_curve(run: RunDir) -> Curve | None:
    """The run's curve; None where it has none. Raises RunError for one that cannot be read."""
    file = run.path / FILE
    try:
        return _curve(parse_object(read_bytes(file, TOLD_BYTES), str(file), TOLD_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, InvalidInput) as error:
        raise RunError(f"{file} cannot be read: {error}") from None


def write_curve(run: RunDir, curve: Curve) -> None:
    """Leave a curve in the run's folder, in place of an older one; InvalidInput for one that is none."""
    text = json.dumps(as_json(curve), indent=2, ensure_ascii=False, allow_nan=True) + "\n"
    _curve(parse_object(text, FILE, TOLD_BYTES))
    write_atomic(run.path / FILE, text.encode())


def as_json(curve: Curve) -> dict[str, Json]:
    """The curve as the file has it."""

    def by_name(values: Sequence[Json]) -> dict[str, Json]:
        return dict(zip(curve.wishes, values, strict=True))

    rows: list[Json] = [
        {"weights": by_name(row.weights), "done": row.done, "success": row.success, "wish": by_name(row.wish)}
        for row in curve.rows
    ]
    wishes, questions = list(curve.wishes), by_name(curve.questions)
    return {"wishes": wishes, "questions": questions, "chosen": by_name(curve.chosen), "rows": rows}


def along(curve: Curve, wish: str, weights: Mapping[str, float]) -> tuple[Row, ...]:
    """The rows in which the weight of one wish alone changes, by that weight.

    weights: of the other wishes; of the lines that were measured the nearest one is taken.
    """
    own = curve.wishes.index(wish)
    lines: dict[tuple[float, ...], list[Row]] = {}
    for row in curve.rows:
        lines.setdefault(_without(row.weights, own), []).append(row)
    if not lines:
        return ()
    here = [weights[name] for name in curve.wishes if name != wish]

    def far(line: tuple[float, ...]) -> tuple[bool, float]:
        return len(lines[line]) < 2, sum(abs(a - b) for a, b in zip(line, here, strict=True))

    return tuple(sorted(lines[min(lines, key=far)], key=lambda row: row.weights[own]))


def gain(rows: Sequence[Row], own: int, wish: float) -> float | None:
    """How far a learned reward is on the way from the first row's to the best one of its wish.

    rows: as `along` gives them for the wish with this number. None where the weight changes nothing.
    """
    values = [row.wish[own] for row in rows]
    way = max(values, default=0.0) - (values[0] if values else 0.0)
    return (wish - values[0]) / way if way > 0 else None


def between(rows: Sequence[Row], own: int, weight: float) -> Row | None:
    """What is to be expected at a weight: on the line between its neighbours among the rows.

    rows, own: as in `gain`. Beyond the first and the last row these count. None without rows.
    """
    if not rows:
        return None
    after = next((k for k, row in enumerate(rows) if row.weights[own] >= weight), len(rows) - 1)
    low, high = rows[max(after - 1, 0)], rows[after]
    way = high.weights[own] - low.weights[own]
    share = min(max((weight - low.weights[own]) / way, 0.0), 1.0) if way > 0 else 1.0

    def mix(a: float, b: float) -> float:
        return a + share * (b - a)

    known = low.success is not None and high.success is not None
    success = mix(low.success or 0.0, high.success or 0.0) if known else None
    weights, wish = (tuple(map(mix, a, b)) for a, b in ((low.weights, high.weights), (low.wish, high.wish)))
    return Row(weights, mix(low.done, high.done), success, wish)


def _without(values: Sequence[float], own: int) -> tuple[float, ...]:
    return (*values[:own], *values[own + 1 :])


def _curve(told: Mapping[str, Json]) -> Curve:
    """InvalidInput for what is no curve."""
    wishes, rows = told.get("wishes"), told.get("rows")
    if not isinstance(wishes, list) or not 0 < len(wishes) <= MOST_WISHES:
        raise InvalidInput(f"wishes must be 1 to {MOST_WISHES} names, got {_short(wishes)}")
    names = tuple(_text(name, "the name of a wish", MOST_NAME) for name in wishes)
    if len(set(names)) < len(names):
        raise InvalidInput(f"each wish has a name of its own, got {_short(wishes)}")
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise InvalidInput(f"rows must be a list of at most {MOST_ROWS}, got {_short(rows)}")
    asked = _each(told.get("questions"), names, "questions")
    questions = tuple(_text(words, "a question", MOST_QUESTION) for words in asked)
    return Curve(
        names, questions, _weights(told.get("chosen"), names), tuple(_row(row, names) for row in rows)
    )


def _row(told: Json, names: tuple[str, ...]) -> Row:
    if not isinstance(told, Mapping):
        raise InvalidInput(f"a row must be an object, got {_short(told)}")
    success = told.get("success")
    wish = tuple(_number(value, "wish") for value in _each(told.get("wish"), names, "wish"))
    known = None if success is None else _share(success, "success")
    return Row(_weights(told.get("weights"), names), _share(told.get("done"), "done"), known, wish)


def _weights(told: Json, names: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(_share(value, "a weight") for value in _each(told, names, "weights"))


def _each(told: Json, names: tuple[str, ...], what: str) -> list[Json]:
    if not isinstance(told, Mapping) or set(told) != set(names):
        raise InvalidInput(f"{what} must say something of each of {', '.join(names)}, got {_short(told)}")
    return [told[name] for name in names]


def _share(value: Json, what: str) -> float:
    number = _number(value, what)
    if not 0.0 <= number <= 1.0:
        raise InvalidInput(f"{what} must be from 0 to 1, got {_short(value)}")
    return number


def _number(value: Json, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise InvalidInput(f"{what} must be a number, got {_short(value)}")
    return float(value)


def _text(value: Json, what: str, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise InvalidInput(f"{what} must have 1 to {most} printable characters, got {_short(value)}")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
