"""A run's policy alone, as it acts now: a folder that other programs run, and that commands take as a run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.agents.saved import PolicyInfo, load_policy, save_policy
from armchair.agents.weighted import without_wishes
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import MissingDependency, RunError
from armchair.exchange.deploy.about import PolicyAbout
from armchair.exchange.deploy.card import card
from armchair.exchange.deploy.describe import about_of
from armchair.exchange.deploy.facts import facts_of
from armchair.exchange.deploy.modules import PolicyModule, policy_ports
from armchair.exchange.deploy.reward import write_reward
from armchair.exchange.deploy.writing import program_of, write_onnx, write_pt2, write_tensors
from armchair.offers.extras import need
from armchair.rewards.saved import REWARD_MODEL, has_reward, read_reward
from armchair.runs.files import write_atomic
from armchair.runs.folder import STORE_KEY, RunDir

WEIGHTS = "weights"  # in what is said of the policy: of its wishes, which are built in


@dataclass(frozen=True)
class Exported:
    """What was written."""

    about: PolicyAbout
    files: tuple[str, ...]  # by name, without config.yaml and checkpoints
    missing: str | None  # why there is no ONNX, in a line

    @property
    def weights(self) -> dict[str, float]:
        """Of the wishes, by name."""
        return self.about.wishes


def export_policy(
    run: RunDir, target: Path, config: EnvConfig, *, open_weights: bool = False, wish: str | None = None
) -> Exported:
    """Write the policy into a new folder: for other programs, with a model card, and for armchair.

    config: how the run's environments are made. open_weights: leave the weights of its wishes an input, in
    place of building the chosen ones in. wish: that was taught, if not the task's. The folder has the run's
    configuration without a database that it names. Without the extra `onnx` there is no ONNX in it. Raises
    RunError where there is no policy, where the folder is there or cannot be made, and for `open_weights`
    of a policy without wishes; of environments of others what making one raises.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunError(f"{target} is there already: name a new folder")
    agent, info = load_policy(run)
    if open_weights and not info.wishes:
        raise RunError(f"the policy in {run.path} has no wishes: leave --open-weights out")
    values = [round(value, 6) for value in agent.net.weights.tolist()]
    weights = dict(zip(info.wishes, values, strict=True))
    spec = resolve_task(info.task)
    about = about_of(spec, config, info.env_steps, wishes=weights, weights_are_input=open_weights, wish=wish)
    own = agent if open_weights else without_wishes(agent)
    kept = info if open_weights else info._replace(wishes=())
    settings = {key: value for key, value in run.config().items() if key != STORE_KEY}

    def put(into: RunDir) -> Exported:
        _save(into, own, kept, {} if open_weights else weights)
        files, missing = _deploy(into.path, own.net, about, run)
        text = card(about, facts_of(run, wish=wish, weights=weights), [*files, "config.yaml"])
        write_atomic(into.path / "README.md", text.encode())
        return Exported(about, (*files, "README.md"), missing)

    made, exported = RunDir.fill(target.parent, f".{target.name}", settings, put)
    try:
        if target.exists():
            target.rmdir()  # an empty one
        made.path.rename(target)
    except OSError as error:
        shutil.rmtree(made.path, ignore_errors=True)
        raise RunError(f"cannot write to {target}: {error.strerror}") from None
    return exported


def _save(into: RunDir, agent: Agent, info: PolicyInfo, weights: dict[str, float]) -> None:
    """What armchair goes on from."""
    save_policy(into, agent, info, more={WEIGHTS: weights} if weights else None)
    into.videos.rmdir()


def _deploy(folder: Path, net: ActorCritic, about: PolicyAbout, run: RunDir) -> tuple[list[str], str | None]:
    """What other programs run. -> the files, and why there is no ONNX."""
    module, ports, texts = PolicyModule(net), policy_ports(net), about.texts()
    program = program_of(module, ports)
    write_pt2(program, texts, folder / "policy.pt2")
    write_tensors(module, texts, folder / "policy.safetensors")
    files = ["policy.pt2", "policy.safetensors"]
    try:
        need("onnx", "policy.onnx")
    except MissingDependency as error:
        return files, str(error)
    write_onnx(program, ports, texts, folder / "policy.onnx")
    files.insert(0, "policy.onnx")
    if has_reward(run):
        write_reward(read_reward(run.checkpoints / REWARD_MODEL), about.task, folder / "reward.onnx")
        files.append("reward.onnx")
    return files, None
