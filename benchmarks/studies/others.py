"""Environments of others, taught through the command: `armchair teach` for every seed, then the figures.

    others.py fetch_reach
    others.py fetch_reach --seeds 5 --teach gymnasium_robotics:FetchReach-v4
    others.py window_open --first-seed 1000 --teach --labels 60

What stands after --teach goes to `armchair teach` as it is. Needs `pip install 'armchair[robotics]'`, and
Meta-World for its tasks; see docs/environments.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from _workers import add_workers, in_order, seeds_of

from armchair.config.read import as_yaml, load_config
from armchair.intervals import mean_interval, reached
from armchair.jsonable import Json


def one(preset: str, seed: int, more: Sequence[str]) -> dict[str, Json]:
    """Teach once, without pictures. -> the command's summary. Its messages go to standard error."""
    config = load_config(preset)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.yaml")
        file.write_text(yaml.safe_dump(as_yaml(replace(config, env=replace(config.env, frames=False)))))
        command = [sys.executable, "-m", "armchair.cli", "teach", *more, "--config", str(file), "--json"]
        command += ["--teacher", "oracle", "--seed", str(seed), "--runs", folder]
        blind = {**os.environ, "MUJOCO_GL": "disabled"}  # a film of the end would take longer than the rest
        done = subprocess.run(command, env=blind, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def show(told: dict[str, Json]) -> None:
    """A line for a run."""
    print(
        f"seed {told['seed']}: success {told['success']}, ever {told['ever']}, return {told['return']:.1f}, "
        f"{told['answers']} answers, {told['env_steps']} steps, {told['seconds']} s",
        flush=True,
    )


def over(rows: Sequence[dict[str, Json]], key: str) -> str:
    """A share over seeds, in words."""
    values = [float(str(row[key])) for row in rows]
    average, good = mean_interval(values, 0.0, 1.0), reached(values)
    return (
        f"{key} {average.value:.1%} ({average.low:.1%} to {average.high:.1%} by t), "
        f"{good.runs} of {good.of} seeds at 90 % or more ({good.low:.0%} to {good.high:.0%}), "
        f"each {', '.join(f'{value:.0%}' for value in values)}"
    )


def main() -> None:
    """Print a line for each seed, then success at the end of episodes, and at some step of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--teach", nargs=argparse.REMAINDER, default=[])
    add_workers(parser)
    args = parser.parse_args()
    given = [(args.preset, seed, args.teach) for seed in seeds_of(args)]
    rows = in_order(one, given, args.workers, show)
    seconds = statistics.median(float(str(row["seconds"])) for row in rows)
    asked = " ".join([args.preset, *args.teach])
    print(f"{asked}: {over(rows, 'success')}; {over(rows, 'ever')}; {seconds:.0f} s")
    worst = min(float(str(row["success"])) for row in rows)
    print(json.dumps({"success": worst >= 0.9, "figures": {"worst": worst, "seconds": seconds}}))


if __name__ == "__main__":
    main()
