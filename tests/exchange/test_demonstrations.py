"""Demonstrations of data sets by others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.envs.foreign.points.declaration import Declared
from armchair.errors import InvalidInput
from armchair.exchange.demonstrations import Fits, read_demos
from armchair.exchange.lerobot.schema import Episode, Named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.exchange.minari import DATA, METADATA

h5py = pytest.importorskip("h5py")
pytest.importorskip("pyarrow")
LOW, HIGH = [-2.0, 0.0], [2.0, 1.0]
PLAIN = Fits(obs_dim=3, action_dim=2, visible_dim=3, declared=Declared(), least=4)


@pytest.fixture
def minari(tmp_path: Path) -> Path:
    """Two episodes as minari 0.5 writes them, their observation a Dict."""
    folder = tmp_path / "pen" / "data"
    folder.mkdir(parents=True)
    space = json.dumps({"type": "Box", "dtype": "float32", "shape": [2], "low": LOW, "high": HIGH})
    about = {"data_format": "hdf5", "total_episodes": 2, "action_space": space, "observation_space": "{}"}
    (folder / METADATA).write_text(json.dumps(about))
    with h5py.File(folder / DATA, "w", track_order=True) as file:
        for number, steps in enumerate((5, 6)):
            group = file.create_group(f"episode_{number}")
            parts = group.create_group("observations")
            count = np.arange(steps + 1, dtype=np.float64)
            parts.create_dataset("goal", data=np.stack((count + 100, count + 200), 1), chunks=True)
            parts.create_dataset("at", data=count[:, None], chunks=True)
            action = np.stack((np.linspace(-2, 2, steps), np.linspace(0, 1, steps)), 1)
            group.create_dataset("actions", data=action, chunks=True)
            for name in ("rewards", "terminations", "truncations"):
                group.create_dataset(name, data=np.zeros(steps))
    return tmp_path / "pen"


def lerobot(folder: Path, *, visible: bool = True, most: float = 1.0) -> Path:
    seen = ("tool.x", "tool.y", "tool.z") if visible else ()
    with DatasetWriter(
        folder, Named(20, "arm", ("a", "b", "c"), ("u", "v"), seen, reward=False, success=False)
    ) as data:
        for steps in (6, 8):
            count = torch.arange(steps, dtype=torch.float32)
            state = torch.stack((count, count + 10, count + 20), 1)
            action = torch.stack((count / (steps - 1) * most, -count / (steps - 1) * most), 1)
            data.add(Episode(state, action, "go", visible=state + 0.5 if visible else None))
        data.finish()
    return folder


def test_minari_episodes_are_read(minari: Path) -> None:
    first, second = read_demos(f"minari:{minari}", PLAIN)
    assert first.obs.tolist() == [[float(k), k + 100.0, k + 200.0] for k in range(5)]  # by name: at, goal
    assert first.visible.tolist() == [[float(k), k + 100.0, k + 200.0] for k in range(1, 6)]
    assert torch.allclose(first.action, torch.linspace(-1, 1, 5).unsqueeze(1).expand(5, 2))
    assert first.engine.shape == (5, 0) and first.poses.shape == (5, 0, 7) and len(second.obs) == 6


def test_lerobot_episodes_are_read(tmp_path: Path) -> None:
    first, second = read_demos(f"lerobot:{lerobot(tmp_path / 'given')}", PLAIN)
    assert first.obs[2].tolist() == [2.0, 12.0, 22.0] and first.visible[2].tolist() == [2.5, 12.5, 22.5]
    assert len(second.action) == 8 and float(second.action.min()) == -1.0
    plain = read_demos(f"lerobot:{lerobot(tmp_path / 'plain', visible=False)}", PLAIN)[0]
    assert plain.visible[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 5.0], "the last state stays"


def test_declared_points_are_found_in_observations(minari: Path) -> None:
    declared = Declared(points={"hand": "1,2"}, scalars={"at": 0}, differences=False)
    demo = read_demos(f"minari:{minari}", PLAIN._replace(visible_dim=4, declared=declared))[0]
    assert demo.visible[0].tolist() == [101.0, 201.0, 0.0, 1.0]
    ways = Declared(points={"hand": 0, "goal": 0}, differences=True)
    demo = read_demos(f"minari:{minari}", PLAIN._replace(obs_dim=6, visible_dim=6, declared=ways))[0]
    assert demo.obs[1].tolist() == [1.0, 101.0, 201.0, 0.0, 0.0, 0.0]
    keyed = Declared(scalars={"far": "goal[1]", "at": "at[0]"})
    demo = read_demos(f"minari:{minari}", PLAIN._replace(visible_dim=2, declared=keyed))[0]
    assert demo.visible[0].tolist() == [201.0, 1.0]
    with pytest.raises(InvalidInput, match="goal is number 2 of 2, counted from 0"):
        read_demos(f"minari:{minari}", PLAIN._replace(declared=Declared(points={"goal": "goal[0]"})))
    elsewhere = PLAIN._replace(declared=Declared(points={"hand": "site:grip"}))
    with pytest.raises(InvalidInput, match=r"cannot tell where hand is: env\.points must be numbers"):
        read_demos(f"minari:{minari}", elsewhere)


def edit(folder: Path, change: Callable[[object], object]) -> None:
    with h5py.File(folder / "data" / DATA, "a") as file:
        change(file)


def replace(name: str, value: object) -> Callable[[object], object]:
    def change(file: object) -> None:
        del file[name]  # pyright: ignore
        file[name] = value  # pyright: ignore

    return change


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no metadata": (
        lambda f: (f / "data" / METADATA).unlink(),
        "is no Minari data set: it has no metadata.json",
    ),
    "another format": (
        lambda f: (f / "data" / METADATA).write_text('{"data_format": "arrow"}'),
        "data_format is 'arrow', hdf5 is read",
    ),
    "no bounds": (
        lambda f: (f / "data" / METADATA).write_text('{"data_format": "hdf5"}'),
        "action_space must be a Box with bounds",
    ),
    "no file": (lambda f: (f / "data" / DATA).unlink(), "is missing: the episodes should be in it"),
    "no HDF5": (lambda f: (f / "data" / DATA).write_bytes(b"nothing"), "cannot be read as HDF5"),
    "no episodes": (lambda f: edit(f, lambda h: h.clear()), "has 0 episodes"),
    "no actions": (lambda f: edit(f, lambda h: h["episode_0"].__delitem__("actions")), "has no actions"),
    "a link to another file": (
        lambda f: edit(f, replace("episode_0/actions", h5py.ExternalLink("/etc/passwd", "/x"))),
        "is a link to elsewhere",
    ),
    "a soft link": (
        lambda f: edit(f, replace("episode_0/actions", h5py.SoftLink("/episode_1/actions"))),
        "is a link to elsewhere",
    ),
    "texts": (lambda f: edit(f, replace("episode_0/actions", "words")), "must be rows of numbers"),
    "too few observations": (
        lambda f: edit(f, replace("episode_0/actions", np.zeros((6, 2)))),
        "6 observations and 6 actions",
    ),
    "another width": (
        lambda f: edit(f, replace("episode_0/actions", np.zeros((5, 3)))),
        "its action space has 2",
    ),
    "not a number": (
        lambda f: edit(f, replace("episode_0/actions", np.full((5, 2), np.nan))),
        "numbers that are not finite",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_a_line(case: str, minari: Path) -> None:
    spoil, told = BAD[case]
    spoil(minari)
    with pytest.raises(InvalidInput, match=told):
        read_demos(f"minari:{minari}", PLAIN)


def test_a_huge_array_is_refused(minari: Path) -> None:
    def change(file: object) -> None:
        del file["episode_0/actions"]  # pyright: ignore
        file["episode_0"].create_dataset("actions", shape=(10**9, 2), dtype="f8", chunks=(10**6, 2))  # pyright: ignore

    edit(minari, change)
    with pytest.raises(InvalidInput, match="takes more than 1073741824 bytes"):
        read_demos(f"minari:{minari}", PLAIN)


def test_what_does_not_fit_the_task_says_so(tmp_path: Path) -> None:
    source = f"lerobot:{lerobot(tmp_path / 'given')}"
    for fits, told in (
        (PLAIN._replace(obs_dim=7), "an observation has 3 numbers, in this task it has 7"),
        (PLAIN._replace(action_dim=4), "an action has 2 numbers, in this task it has 4"),
        (PLAIN._replace(visible_dim=6), "what is seen has 3 numbers, in this task it has 6"),
        (PLAIN._replace(least=7), "episode 0 .* has 6 steps, clips have 7"),
    ):
        with pytest.raises(InvalidInput, match=told):
            read_demos(source, fits)
    with pytest.raises(InvalidInput, match=r"actions up to 3: they must be scaled to \[-1, 1\]"):
        read_demos(f"lerobot:{lerobot(tmp_path / 'wide', most=3.0)}", PLAIN)
