"""A good file of each kind that armchair reads, and what it does with one: the commands' own functions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
import yaml
from fuzz_formats import harm_npz, harm_scene, harm_store, harm_yaml, harm_zip
from fuzz_mutations import Mutate, harm_json, harm_lines, harm_tensors

from armchair.agents.saved import load_policy
from armchair.config.read import as_yaml, load_settings
from armchair.engines.display.scene_file import read_scene
from armchair.envs.demonstrations import Source, load_demos, record_script, save_demos
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.exchange.sketch_layout import export_sketch_layout, import_sketch_layout
from armchair.exchange.sketch_tensors import import_sketch_tensors
from armchair.exchange.tables import export_jsonl
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.rewards.saved import read_reward
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.runs.older import older_in_use
from armchair.store import second_looks, settling
from armchair.store.copies.backup import copy_from_database
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.store.wishes import run_wish
from armchair.training.asking.described import open_run
from armchair.training.setup import make_trainer, teach
from armchair.training.state import load_state


class Kind(NamedTuple):
    """A kind of file."""

    file: Path  # that is harmed; its content is put back after each try
    harm: Mutate
    read: Callable[[], object]


def make_run(folder: Path) -> RunDir:
    """A run of teaching that is done."""
    config = load_settings("smoke").config
    run = RunDir.create(folder, "reach", {**as_yaml(config), "teacher": {"name": "oracle"}})
    list(teach(config, run, make_teacher("oracle", {}, generator(0, "teacher"))))
    return run


def kinds(folder: Path) -> dict[str, Kind]:
    """All kinds by name, with good files below the folder."""
    torch.set_num_threads(1)
    run = make_run(folder / "runs")
    sketch = folder / "sketch"
    with Store.open(run.store_file) as store:
        scene = store.board.asset("scene")
        assert scene is not None
        (folder / "scene.bin").write_bytes(scene.data)
        export_sketch_layout(store, sketch)
    film = next((sketch / "data" / "trajectories").glob("left*.npz"))
    torch.save([(trajectory(), trajectory(), k % 2) for k in range(4)], folder / "data.pt")
    (folder / "mine.yaml").write_text(yaml.safe_dump(as_yaml(load_settings("smoke").config)))
    checkpoints = sorted(run.checkpoints.glob("[0-9]*"))
    preferences, scene_file = sketch / "data" / "preferences.json", folder / "scene.bin"
    said, mine = run.checkpoints / "policy.json", folder / "mine.yaml"
    return {
        "npz": Kind(film, harm_npz, lambda: sketch_into(folder, sketch)),
        "preferences": Kind(preferences, harm_json, lambda: sketch_into(folder, sketch)),
        "tensors of the sketch": Kind(folder / "data.pt", harm_zip, lambda: tensors_into(folder)),
        "demonstration": demonstration(folder),
        "policy": Kind(run.checkpoints / "policy.safetensors", harm_tensors, lambda: play(run)),
        "reward": Kind(run.checkpoints / "reward.safetensors", harm_tensors, lambda: judge(run)),
        "state": Kind(run.checkpoints / "state.safetensors", harm_tensors, resume_of(folder, run)),
        "manifest": Kind(checkpoints[-1] / "manifest.json", harm_json, lambda: newest_of(folder, run)),
        "what is said of a policy": Kind(said, harm_json, lambda: older_in_use(run)),
        "run's configuration": Kind(run.config_file, harm_yaml, lambda: (open_run(run), run_wish(run))),
        "configuration": Kind(mine, harm_yaml, lambda: load_settings(str(mine))),
        "metrics": Kind(run.metrics_file, harm_lines, lambda: (run.metrics(), run.cut_metrics(300))),
        "scene": Kind(scene_file, harm_scene, lambda: read_scene(scene_file.read_bytes())),
        "store": Kind(run.store_file, harm_store, lambda: use_store(folder, run)),
        "backup": Kind(run.store_file, harm_store, lambda: bring_back(folder, run)),
    }


def trajectory() -> dict[str, torch.Tensor]:
    return {"obs": torch.rand(5, 3), "act": torch.rand(5, 2)}


# ---- what is done with a file


def sketch_into(folder: Path, sketch: Path) -> None:
    with Store.open(fresh(folder / "imported.db")) as store:
        import_sketch_layout(store, sketch)


def tensors_into(folder: Path) -> None:
    with Store.open(fresh(folder / "imported.db")) as store:
        import_sketch_tensors(store, folder / "data.pt")


def fresh(file: Path) -> Path:
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    return file


def play(run: RunDir) -> None:
    agent, info = load_policy(run)
    agent.net.best(torch.zeros(1, info.obs_dim))


def judge(run: RunDir) -> None:
    model = read_reward(run.checkpoints / "reward.safetensors")
    model.mean(torch.zeros(1, model.layout.size))


def resume_of(folder: Path, run: RunDir) -> Callable[[], None]:
    """Load the state into a trainer, and let it act once where it could be loaded."""
    config = load_settings("smoke").config
    store = Store.open(shutil.copy(run.store_file, folder / "resumed.db"))
    trainer = make_trainer(config, store, make_teacher("oracle", {}, generator(0, "teacher")))
    return lambda: load_state(run, trainer)


def newest_of(folder: Path, run: RunDir) -> None:
    shutil.rmtree(folder / "copy", ignore_errors=True)
    shutil.copytree(run.path, folder / "copy")
    newest(RunDir(folder / "copy"), lambda line: None)


def demonstration(folder: Path) -> Kind:
    spec, source = resolve_task("reach"), Source("reach", "mujoco", "tool")
    env = spec.make(2, EnvConfig(), record=True)
    save_demos(folder / "demos", record_script(env, 1, 0), source, "script")  # pyright: ignore
    env.close()
    file = next((folder / "demos").glob("*.npz"))
    return Kind(file, harm_npz, lambda: load_demos(folder / "demos", source))


def use_store(folder: Path, run: RunDir) -> None:
    """All that commands and pages do with a store that somebody handed over."""
    file = fresh(folder / "used.db")
    shutil.copy(run.store_file, file)
    list(check_store(file))
    with Store.open(file, create=False) as store:
        store.counts(), store.annotators(), store.people.people(), store.people.invited()
        store.board.settings(), store.board.status(), store.board.metrics(), store.board.asset_versions()
        settling.read(store.board), second_looks.looked(store.board)
        records = store.history(None)
        for record in records:
            names = [record.question.left, record.question.right]
            store.clip_info(names), store.replay(names[0]), store.rewards_known(names)
        store.preferences()
        store.board.cut_metrics(300)
        export_jsonl(store, folder / "tables")
        store.put(), store.claim("eve", n=2), store.undo("eve"), store.retire(10**6)


def bring_back(folder: Path, run: RunDir) -> None:
    shutil.rmtree(folder / "back", ignore_errors=True)
    (folder / "back").mkdir()
    copy_from_database(f"sqlite:///{run.store_file}", folder / "back")
