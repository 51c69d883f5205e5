"""What a finished run leaves for people: a summary, and a plot of how it went."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

from armchair.config.teach import TeachConfig
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.runs.curve import read_curve
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.store.wishes import run_wish

TRUTH = ("eval_success", "eval_ever", "eval_return")  # of the task, in the metrics


def summarise(run: RunDir, config: TeachConfig, seconds: float) -> dict[str, Json]:
    """The run in a few numbers: the last evaluation and the last fit. `seconds` of wall clock.

    success: at the end of episodes, ever: at some step of them; None where the environment does not say what
    success is; the return tells how it went. All are None where another wish than the task's was taught,
    which is `wish`. weights: of the wishes on top of a skill, with which success was measured.
    """
    lines, wish = run.metrics(), run_wish(run)
    last = {key: value for line in lines for key, value in line.items()}
    if wish is not None:
        last |= dict.fromkeys(TRUTH)
    weights = _at_chosen_weights(run, last)
    return {
        "task": config.task,
        "engine": config.env.engine,
        "control": config.env.control,
        "seed": config.seed,
        "inputs": config.reward.inputs,
        "wish": wish,
        "weights": weights,
        "success": last.get("eval_success"),
        "ever": last.get("eval_ever"),
        "return": last.get("eval_return"),
        "episodes": config.evaluation.episodes,
        "answers": last.get("answers"),
        "accuracy": last.get("accuracy"),
        "env_steps": last.get("env_steps"),
        "diverged": last.get("diverged"),
        "faults": last.get("faults"),
        "seconds": round(seconds, 1),
    }


def _at_chosen_weights(run: RunDir, last: dict[str, Json]) -> dict[str, Json]:
    """Put into `last` what was measured at the chosen weights of wishes, if any. -> them, by wish."""
    curve = read_curve(run)
    if curve is None:
        return {}
    near = min(curve.rows, key=lambda row: math.dist(row.weights, curve.chosen))
    last |= {**dict.fromkeys(TRUTH), "eval_success": near.success}
    return dict(zip(curve.wishes, curve.chosen, strict=True))


def write_summary(run: RunDir, summary: dict[str, Json]) -> None:
    """Write summary.json."""
    write_atomic(run.path / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())


def plot_curve(run: RunDir) -> Path:
    """Draw success and answers against environment steps, as curve.png.

    Where success is not told, returns; where another wish than the task's was taught, how many of the answers
    that were held out the reward model predicted. Raises MissingDependency without matplotlib.
    """
    need("plots", "a plot")
    from matplotlib.figure import Figure

    lines = run.metrics()
    what = "eval_success" if any("eval_success" in line for line in lines) else "eval_return"
    what = what if run_wish(run) is None else "accuracy"
    evaluated = [line for line in lines if what in line]
    figure = Figure(figsize=(7.5, 4.2), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(_column(evaluated, "env_steps"), _column(evaluated, what), "o-", color="#d55e00")
    names = {"eval_success": "success at the end of the episode", "eval_return": "return of an episode"}
    axes.set(xlabel="environment steps", ylabel=names.get(what, "share of held-out answers predicted"))
    if what != "eval_return":
        axes.set(ylim=(-0.03, 1.03))
    axes.yaxis.label.set_color("#d55e00")
    right = axes.twinx()
    right.plot(
        _column(lines, "env_steps"), _column(lines, "answers"), color="#0072b2", drawstyle="steps-post"
    )
    right.set(ylabel="answers", ylim=(0, None))
    right.yaxis.label.set_color("#0072b2")
    for side in (axes, right):
        side.spines["top"].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_title(f"{run.name}: taught by comparison", loc="left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    file = run.path / "curve.png"
    write_atomic(file, picture.getvalue())
    return file


def _column(lines: list[dict[str, Json]], key: str) -> list[float]:
    return [float(str(line[key])) for line in lines]
