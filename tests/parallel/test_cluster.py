"""The same work on a Ray cluster of two nodes: killed processes, lost nodes, drivers that die and go on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from armchair.cli import main
from armchair.errors import ServiceError
from armchair.offers.extras import missing
from armchair.parallel.cluster import RETRIES, check_address, on_cluster
from armchair.parallel.events import Done, Event, Failed

Capture = pytest.CaptureFixture[str]
TINY = ("compare", "reach", "--config", "smoke", "--steps", "2000", "--seeds", "2", "--json")


def done_on(cluster: SimpleNamespace, work: object, given: list[object]) -> list[Event]:
    events: list[Event] = []

    def hear(event: Event) -> bool:
        events.append(event)
        return True

    on_cluster(work, given, cluster.address, hear)  # type: ignore[arg-type]
    return sorted(events, key=lambda event: event.number)


@pytest.mark.slow
def test_more_pieces_than_cpus_are_all_done_once(cluster: SimpleNamespace, pieces: ModuleType) -> None:
    heard = signal.getsignal(signal.SIGTERM)
    assert done_on(cluster, pieces.square, list(range(9))) == [Done(n, n * n) for n in range(9)]
    assert signal.getsignal(signal.SIGTERM) is heard, "Ray's handler is not left behind"


@pytest.mark.slow
def test_an_error_is_told_and_not_tried_again(cluster: SimpleNamespace, pieces: ModuleType) -> None:
    done, bad, mistake = done_on(cluster, pieces.faulty, [0, 1, 2])
    assert done == Done(0, 0)
    assert bad == Failed(1, "no ones, please")
    assert isinstance(mistake, Failed) and mistake.why == "KeyError: 'two'"


@pytest.mark.slow
def test_a_process_that_is_killed_costs_nothing(
    cluster: SimpleNamespace, pieces: ModuleType, tmp_path: Path
) -> None:
    assert done_on(cluster, pieces.dies_once, [str(tmp_path)]) == [Done(0, "done")]
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_what_kills_each_process_fails_and_costs_no_other(
    cluster: SimpleNamespace, pieces: ModuleType
) -> None:
    done, failed = done_on(cluster, pieces.dies_always, [0, 1])
    assert done == Done(0, 0)
    assert isinstance(failed, Failed)
    assert failed.why.startswith(f"its process or node was lost {RETRIES + 1} times: ")
    assert "\n" not in failed.why


@pytest.mark.slow
def test_a_node_that_is_lost_costs_nothing(
    cluster: SimpleNamespace, pieces: ModuleType, tmp_path: Path
) -> None:
    def lose() -> None:
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("*.began"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        cluster.lose()
        (tmp_path / "go").touch()

    losing = threading.Thread(target=lose)
    losing.start()
    found = done_on(cluster, pieces.waits, [str(tmp_path)] * 3)
    losing.join()
    cluster.mend()
    assert found == [Done(n, "done") for n in range(3)]
    began = len(list(tmp_path.glob("*.began")))
    assert began == 4, "what was on the lost node began anew elsewhere, and nothing else did"


@pytest.mark.slow
def test_a_comparison_is_equal_to_a_local_one_and_its_driver_may_die(
    cluster: SimpleNamespace, tmp_path: Path, capsys: Capture
) -> None:
    assert main([*TINY, "--runs", str(tmp_path / "here")]) == 0
    here = Path(json.loads(capsys.readouterr().out.splitlines()[-1])["run"])

    away = tmp_path / "away" / here.name
    argv = [sys.executable, "-m", "armchair.cli", *TINY, "--ray", cluster.address]
    driver = subprocess.Popen([*argv, "--runs", str(away.parent)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not list(away.glob("runs/t*")) and time.monotonic() < until:
        time.sleep(0.02)
    driver.kill()
    driver.wait()
    left = sorted(path.name for path in away.glob("runs/t*"))
    assert left and len(left) < 4, "the driver died in the middle"

    assert main(["resume", str(away), "--ray", cluster.address, "--json"]) == 0
    captured = capsys.readouterr()
    assert f"{len(left)} of 4 runs are there already" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["groups"] == json.loads(
        (here / "summary.json").read_text()
    )
    for name in ("teach-001", "teach-002", "train-001", "train-002"):
        assert same(away / "runs" / name, here / "runs" / name)


def same(one: Path, other: Path) -> bool:
    """Whether two runs have the same files, and the same numbers in their checkpoints."""
    names = [sorted(path.relative_to(run).as_posix() for path in run.rglob("*")) for run in (one, other)]
    kept = [[name for name in found if "tensorboard" not in name] for found in names]
    tensors = [name for name in kept[0] if name.endswith(".safetensors")]
    return kept[0] == kept[1] and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in tensors
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:1", "no Ray cluster can be used at 127.0.0.1:1: "),
        ("somewhere", "--ray takes auto, HOST:PORT or ray://HOST:PORT"),
        ("auto", "no Ray cluster can be used at "),
    ],
)
def test_where_there_is_no_cluster(
    address: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing("ray"):
        pytest.skip("ray is not installed")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ServiceError, match=expected):
        check_address(address)
