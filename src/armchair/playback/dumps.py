"""Dumps that a run's guard leaves: reading them, and playing them again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import Poses, Snapshots
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.playback.replay_html import Episode, PosedEnv, write_replay
from armchair.runs.folder import RunDir
from armchair.runs.tensors import part


class Dump(NamedTuple):
    """What a run left where something was not finite."""

    tensors: dict[str, Tensor]  # "rollout.…", "env.…" from where it began, "agent.…", "model.…"
    about: dict[str, Json]

    @property
    def replayable(self) -> bool:
        """Whether there are an arm's state and actions to play it again from."""
        kept = any(name in self.tensors for name in ("env.engine", "env.copy.0"))
        return kept and "rollout.action" in self.tensors

    @property
    def steps(self) -> int:
        """Control steps in it."""
        actions = self.tensors.get("rollout.action")
        return 0 if actions is None else len(actions)


def read_dump(file: Path) -> Dump:
    """The dump in a file. Raises RunError where there is none."""
    if not file.is_file():
        raise RunError(f"there is no dump {file}: a run leaves them in its folder, in dumps")
    tensors, about = RunDir(file.parent.parent, file.parent).load(file.stem)
    if about.get("what") != "dump":
        raise RunError(f"{file} is no dump: a run leaves them in its folder, in dumps")
    return Dump(tensors, about)


def replay(dump: Dump) -> tuple[PosedEnv, Episode]:
    """Play a dump again, all its copies, exactly as it was. -> environment, the copy that went wrong.

    The episode's poses begin where the dump does and end with the last actions that an arm can take; where
    episodes ended in between the next one follows. Raises RunError where the dump does not fit.
    """
    about = dump.about
    copies, copy = int(str(about["num_envs"])), int(str(about["copy"]))
    engine, control, arm = (str(about.get(key, "")) for key in ("engine", "control", "arm"))
    config = EnvConfig(engine=engine, control=control, arm=arm)
    env = resolve_task(str(about["task"])).make(copies, config, record=True)
    try:
        if not (isinstance(env, Snapshots) and isinstance(env, Poses)):
            raise ValueError("its environment cannot be put back, or has no poses")
        env.restore(part(dump.tensors, "env"))
        moments, success = [env.poses()[copy]], False
        for action in dump.tensors["rollout.action"]:
            if not bool(action.isfinite().all()):
                break
            step = env.step(action)
            assert step.poses is not None
            moments.append(step.poses[copy])
            success = bool(step.success[copy])
    except (KeyError, ValueError, RuntimeError) as error:
        env.close()
        raise RunError(f"this dump cannot be played: {error}") from None
    return env, Episode(torch.stack(moments), success)


def write_dump_replay(dump: Dump, file: Path) -> None:
    """Play a dump again and keep it as one HTML file. Raises MissingDependency where pages were not built."""
    env, episode = replay(dump)
    try:
        about = dump.about
        caption = f"copy {about['copy']}, update {about['updates']}: the {about['not_finite']} was not finite"
        task = str(about["task"])
        write_replay(file, env, [episode], task=task, title=f"{task}, what led to a fault", caption=caption)
    finally:
        env.close()
