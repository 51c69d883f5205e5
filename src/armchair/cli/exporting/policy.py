"""`armchair export RUN --policy DIR`: the policy for other programs, and to the Hub if it is asked for."""

from __future__ import annotations

from pathlib import Path

from armchair.api.begin import keep
from armchair.cli.report import Report
from armchair.cli.wishes.weights import told_weights
from armchair.config.points import env_of
from armchair.envs.spec import EnvConfig
from armchair.exchange.deploy.hub import check_push, push
from armchair.exchange.policy import Exported, export_policy
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.runs.folder import RunDir
from armchair.runs.trust import named_in
from armchair.store.wishes import run_wish


def write_policy(run: RunDir, out: Path, report: Report, *, open_weights: bool, to: str | None) -> int:
    """The policy, as it acts. to: `hub:USER/NAME`, checked before anything is written. -> 0."""
    repository = None
    if to is not None:
        need("onnx", "--push")  # a policy that nobody can run is of no use there
        repository = check_push(to)
    config = run.config()
    exported = export_policy(run, out, env_of(run, _env(run)), open_weights=open_weights, wish=run_wish(run))
    if names := named_in({"task": config.get("task")}):
        keep(out, names)  # what it names was admitted with the run
        if "policy.onnx" in exported.files:
            keep(out / "policy.onnx", names)
    told = "" if open_weights else told_weights(exported.weights)
    report.say(f"the policy{told} written to {out}: `armchair play {out}` shows it")
    if exported.missing is not None:
        report.log(f"no ONNX: {exported.missing}")
    url = (
        None
        if repository is None
        else push(repository, out, exported.files, f"{exported.about.task}: policy")
    )
    if url is not None:
        report.say(f"pushed to {url}, private if it is new")
    report.finish(_summary(run, out, exported, url))
    return 0


def _env(run: RunDir) -> EnvConfig:
    """Engine, control and arm of the run's policy."""
    from armchair.agents.saved import load_policy

    info = load_policy(run)[1]
    return EnvConfig(engine=info.engine, control=info.control, arm=info.arm)


def _summary(run: RunDir, out: Path, exported: Exported, url: str | None) -> dict[str, Json]:
    found: dict[str, Json] = {"run": str(run.path), "out": str(out), "format": "policy"}
    return {**found, "weights": exported.weights, "files": list(exported.files), "url": url}
