"""Files that others wrote: what is harmed, or made to harm, is refused in a line, before memory is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.agents.saved import PolicyInfo, load_policy, save_policy
from armchair.cli import main
from armchair.config.read import as_yaml, load_config
from armchair.console import printable, printable_json
from armchair.errors import InvalidInput, RunError
from armchair.ids import new_id
from armchair.reading.arrays import read_npz
from armchair.reading.files import read_bytes
from armchair.runs.folder import RunDir, runs_in
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question

Capture = pytest.CaptureFixture[str]
PROGRAM = Path(__file__).with_name("fuzz_files.py")


@pytest.mark.parametrize("tries", [15, pytest.param(2000, marks=pytest.mark.slow)])
def test_harmed_files_of_every_kind_are_read_or_refused(tries: int, tmp_path: Path) -> None:
    """Neither a traceback nor 5 s nor 200 MB; see `fuzz_files`."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), str(tries), "1"],
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told) == 15 and all(figures["tries"] == tries for figures in told.values())
    assert any(figures["read"] for figures in told.values()), "some harms are harmless"


# ---- policies


def make_policy(root: Path, hidden: tuple[int, ...] = (8, 8)) -> RunDir:
    run = RunDir.create(root, "reach", {**as_yaml(load_config("smoke")), "teacher": {"name": "oracle"}})
    agent = Agent(ActorCritic(5, 3, hidden, 1.0, torch.Generator()), 1e-3)
    save_policy(run, agent, PolicyInfo("reach", "mujoco", "tool", 5, 3, hidden, 10))
    return run


def rewrite(run: RunDir, change: Callable[[dict[str, object]], None]) -> None:
    """Say something else of the policy, without the checksum, as older runs are."""
    file = run.checkpoints / "policy.safetensors"
    data = file.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    about = json.loads(header["__metadata__"]["about"])
    change(about)
    header["__metadata__"] = {"about": json.dumps(about)}
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + data[begin:])


SIZES: list[tuple[str, object, str]] = [
    ("hidden", [14000, 14000], "at most 4096 are read"),
    ("hidden", [4096, 4096], r"must be \[4096, 5\] by what is said, the file has \[8, 5\]"),
    ("hidden", [-3, 8], "at most 4096"),
    ("hidden", [8] * 17, "at most 16"),
    ("hidden", [2**62], "at most 4096"),
    ("hidden", "8", "expected a list"),
    ("hidden", [None], "invalid literal"),
    ("obs_dim", 2**40, "widths"),
    ("obs_dim", 0, "widths"),
    ("action_dim", -1, "widths"),
]


@pytest.mark.parametrize(("name", "value", "expected"), SIZES)
def test_what_a_policy_says_of_its_size_is_held_against_its_tensors(
    name: str, value: object, expected: str, tmp_path: Path
) -> None:
    run = make_policy(tmp_path)
    rewrite(run, lambda about: None)
    assert load_policy(run)[1].hidden == (8, 8), "one without a checksum is still read"
    rewrite(run, lambda about: about.update({name: value}))
    with pytest.raises(RunError, match=expected):
        load_policy(run)


def test_the_same_tensors_are_always_the_same_bytes(tmp_path: Path) -> None:
    run = make_policy(tmp_path)
    contents = set()
    for _ in range(20):  # several metadata, which the library writes in any order
        contents.add(
            run.save("same", {"b": torch.ones(3), "a": torch.zeros(2)}, {"what": 'é "it"'}).read_bytes()
        )
    assert len(contents) == 1 and run.load("same")[1] == {"what": 'é "it"'}


def test_a_policy_is_what_was_written(tmp_path: Path) -> None:
    run = make_policy(tmp_path)
    file = run.checkpoints / "policy.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(RunError, match="is damaged: it is not what was written"):
        load_policy(run)
    agent = Agent(ActorCritic(5, 3, (8,), 1.0, torch.Generator()), 1e-3)
    agent.net.log_std[0] = float("nan")
    save_policy(run, agent, PolicyInfo("reach", "mujoco", "tool", 5, 3, (8,), 10))
    with pytest.raises(RunError, match="not finite"):
        load_policy(run)


def test_a_file_of_holes_is_not_read(tmp_path: Path) -> None:
    run = make_policy(tmp_path)
    file = run.checkpoints / "policy.safetensors"
    os.truncate(file, 40 * 2**30)
    with pytest.raises(RunError, match=f"{40 * 2**30} bytes, at most"):
        load_policy(run)
    os.truncate(file, 2**30)
    with pytest.raises(RunError, match="hardly any are there"):
        load_policy(run)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises((InvalidInput, IsADirectoryError)):
            read_bytes(path, 1000)


# ---- arrays


def write_npy(path: Path, header: str, data: bytes = b"\0" * 64) -> None:
    text = header.encode() + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("obs.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)


def npy(descr: str, shape: str) -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"


HEADERS = {
    npy("<f8", "(1000000000000,)"): "there are 64 bytes",
    npy("<f8", "(4, 4)"): "there are 64 bytes",
    npy("<f8", "(-8,)"): "has the shape",
    npy("<f8", f"({'1, ' * 40})"): "has the shape",
    npy("<c16", "(4,)"): "complex128: only whole numbers and floats",
    npy("<M8[s]", "(8,)"): "only whole numbers and floats",
    npy("|O", "(8,)"): "object: only whole numbers and floats",
    npy("|V8", "(8,)"): "only whole numbers and floats",
    npy("<f8", "(" + "9" * 10_000 + ",)"): "cannot be read",
    "[" * 5000: "cannot be read",
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda text: text[:60])
def test_a_header_that_lies_is_refused(header: str, tmp_path: Path) -> None:
    write_npy(tmp_path / "a.npz", header)
    with pytest.raises(InvalidInput, match=HEADERS[header]):
        read_npz(tmp_path / "a.npz", 10**6)


def test_arrays_are_what_was_saved(tmp_path: Path) -> None:
    arrays = {
        "a": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "b": np.arange(3),
        "c": np.array("text ü"),
        "d": np.zeros((0, 3), np.float32),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = read_npz(tmp_path / "a.npz", 10**6)
        assert list(found) == list(arrays)
        for name, value in arrays.items():
            assert found[name].dtype == value.dtype and np.array_equal(found[name], value)


def test_zip_files_that_numpy_does_not_write_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("obs.npy", bytes(100))
    with pytest.raises(InvalidInput, match=r"use np\.savez"):
        read_npz(path, 10**6)
    np.savez(path, obs=np.zeros(3))
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\1\2") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidInput, match="is encrypted"):
        read_npz(path, 10**6)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(InvalidInput, match="more than 64 members"):
        read_npz(path, 10**8)


# ---- import


def write_sketch(folder: Path, entry: dict[str, object] | None = None) -> None:
    for name in ("clips", "trajectories"):
        (folder / "data" / name).mkdir(parents=True)
    for number, side in enumerate(("left", "right")):
        obs = np.full((5, 2), float(number))
        np.savez(folder / "data" / "trajectories" / f"{side}.npz", obs=obs, act=obs)
    pair = {side: f"data/clips/{side}.mp4" for side in ("left", "right")}
    entries = [{**pair, "preference": "Left", **(entry or {})}]
    (folder / "data" / "preferences.json").write_text(json.dumps(entries))


def huge(folder: Path) -> None:
    write_npy(folder / "data" / "trajectories" / "left.npz", npy("<f8", "(1000000000000,)"))


def looped(folder: Path) -> None:
    for name, other in (("left", "right"), ("right", "left")):
        (folder / "data" / "clips" / f"{name}.mp4").symlink_to(f"{other}.mp4")


def digits(folder: Path) -> None:
    file = folder / "data" / "preferences.json"
    file.write_text(file.read_text().replace('"Left"', "9" * 10_000))


def complex_numbers(folder: Path) -> None:
    np.savez(folder / "data" / "trajectories" / "left.npz", obs=np.ones((5, 2)) * 1j, act=np.ones((5, 2)))


def too_large(folder: Path) -> None:
    np.savez(folder / "data" / "trajectories" / "left.npz", obs=np.full((5, 2), 1e300), act=np.ones((5, 2)))


def piped(folder: Path) -> None:
    os.mkfifo(folder / "data" / "clips" / "left.mp4")


HARMS: dict[str, tuple[dict[str, object], Callable[[Path], None] | None, list[str], str]] = {
    "8 TB": ({}, huge, [], "there are 64 bytes"),
    "loop": ({}, looped, [], "in a circle"),
    "long word": ({"preference": "x" * 100_000}, None, [], "unknown preference"),
    "digits": ({}, digits, [], "is not JSON"),
    "complex": ({}, complex_numbers, [], "complex128"),
    "too large": ({}, too_large, [], "not finite"),
    "pipe": ({}, piped, [], "is no regular file"),
    "long path": ({"left": "data/clips/" + "a" * 5000 + ".mp4"}, None, [], "too long"),
    "surrogate": ({"left": "data/clips/\ud800.mp4"}, None, [], "no Unicode"),
    "steers": ({"preference": "\x1b[2J\u202eLeft"}, None, [], "unknown preference"),
    "length": ({}, None, ["--length", "1000000000"], "length must be from 1 to 100000"),
}


@pytest.mark.parametrize("name", HARMS)
def test_an_import_is_all_or_nothing(name: str, tmp_path: Path, capsys: Capture) -> None:
    entry, harm, flags, expected = HARMS[name]
    write_sketch(tmp_path / "given", entry)
    if harm is not None:
        harm(tmp_path / "given")
    runs = tmp_path / "below" / "runs"
    assert main(["import", str(tmp_path / "given"), "--runs", str(runs), *flags]) == 2
    told = capsys.readouterr().err
    assert expected in told and told.count("\n") == 1 and told[:-1].isprintable() and len(told) < 1100
    assert not runs.parent.exists()


def test_an_import_that_fails_in_any_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write_sketch(tmp_path / "given")
    runs = tmp_path / "runs"
    assert main(["import", str(tmp_path / "given"), "--runs", str(runs)]) == 0
    before = sorted(runs.rglob("*"))
    assert [run.name for run in runs_in(runs)] == ["imported-001"]
    for error in (ZeroDivisionError, KeyboardInterrupt, MemoryError):

        def fail(*_: object, error: type[BaseException] = error) -> bool:
            raise error

        monkeypatch.setattr(Store, "import_answers", fail)
        if error is ZeroDivisionError:
            with pytest.raises(ZeroDivisionError):
                main(["import", str(tmp_path / "given"), "--runs", str(runs)])
        else:
            assert main(["import", str(tmp_path / "given"), "--runs", str(runs)]) in (2, 130)
        assert sorted(runs.rglob("*")) == before
    assert "not enough memory" in capsys.readouterr().err


# ---- links


LINKS: dict[str, Callable[[RunDir, Path], object]] = {
    "metrics": lambda run, out: run.metrics_file.symlink_to(out / "precious"),
    "checkpoints": lambda run, out: (
        run.checkpoints.rename(out / "moved"),
        run.checkpoints.symlink_to(out / "moved"),
    ),
    "a checkpoint": lambda run, out: (run.checkpoints / "000001").symlink_to(out),
    "store": lambda run, out: run.store_file.symlink_to(out / "precious"),
    "lock": lambda run, out: (run.path / "trainer.lock").symlink_to(out / "precious"),
    "log": lambda run, out: (run.path / "trainer.log").symlink_to(out / "precious"),
    "nothing": lambda run, out: (run.path / "trainer.log").symlink_to(out / "new"),
    "circle": lambda run, out: (run.path / "a").symlink_to("a"),
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize(
    "command", [["resume"], ["evaluate"], ["label"], ["play"], ["export", "--out", "tables"]]
)
def test_links_out_of_a_run_are_not_followed(
    name: str, command: list[str], tmp_path: Path, capsys: Capture
) -> None:
    run = make_policy(tmp_path / "runs")
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("mine")
    LINKS[name](run, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main([command[0], str(run.path), *command[1:]]) == 2
    told = capsys.readouterr().err
    assert "is a link that leads out of" in told and told.count("\n") == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_run_that_is_itself_behind_a_link_is_used(tmp_path: Path) -> None:
    run = make_policy(tmp_path / "runs")
    (run.path / "again.yaml").symlink_to("config.yaml")
    (tmp_path / "short").symlink_to(run.path)
    assert RunDir.open(tmp_path / "short").config()["task"] == "reach"


# ---- what a store says


def test_words_in_a_store_do_not_steer_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    with Store.open(run.store_file) as store:
        left, right = (
            Clip(new_id(), torch.ones(2, 3), torch.ones(2, 1), torch.ones(2), None, None, 0, 0, 0)
            for _ in "ab"
        )
        store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
        (question,) = store.claim("ann")
        store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, 1.0))
        with store._database.write() as conn:
            conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            name = ("an\x1b]0;x\x07\u202en",)
            conn.exec_driver_sql("UPDATE annotators SET name = ?", name)
            conn.exec_driver_sql("UPDATE answers SET annotator = ?", name)
            conn.exec_driver_sql("UPDATE given SET annotator = ?", name)
    for flags in ([], ["--json"]):
        main(["annotators", str(run.path), *flags])
        main(["doctor", str(run.path), *flags])
        said = capsys.readouterr()
        shown = said.out + said.err
        assert "an" in shown and not {"\x1b", "\x07", "\u202e"} & set(shown)
        if flags:
            assert json.loads(said.out.splitlines()[0])["command"] == "annotators"


def test_what_is_printed_shows_what_is_in_it() -> None:
    assert printable("a\x1b[1m\x9b\ud800\u2028é\n\tb") == "a\\x1b[1m\\x9b\\ud800\\u2028é\n\tb"
    text = json.dumps({"name": "a\x9b\u202e\x1bé"}, ensure_ascii=False)
    assert json.loads(printable_json(text)) == json.loads(text) and "\x9b" not in printable_json(text)
