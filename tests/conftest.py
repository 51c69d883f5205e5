"""What the tests need of the machine: without it they skip and say why; with CI=true they fail."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from armchair.agents.agent import Agent
from armchair.agents.saved import load_policy, save_policy
from armchair.agents.weighted import with_wishes
from armchair.engines.display.gl import GL_PACKAGES, choose_gl, find_gl
from armchair.errors import MissingDependency
from armchair.ids import new_id
from armchair.maths import generator
from armchair.runs.checkpoint import revise
from armchair.runs.curve import Curve, Row, write_curve
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Clip, Question

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing_gl() -> str | None:
    """Why nothing can be drawn here, or None when it can."""
    return None if find_gl() else f"no OpenGL: {GL_PACKAGES}"


def missing_browser() -> str | None:
    """Why no page can be opened here, or None when it can."""
    return None if any(map(shutil.which, CHROMIUM_NAMES)) else "no Chromium: apt-get install chromium"


NEEDS = {"gl": missing_gl, "browser": missing_browser}


@pytest.fixture(scope="session", autouse=True)
def signals_are_heard() -> None:
    """What began the tests may ignore signals (`nohup`, `&` in a script), and children inherit that."""
    for name, heard in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)


def unmet(reason: str) -> None:
    """Skips a test whose needs are not met, or fails it where they should have been."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (a failure, since CI=true)", pytrace=False)
    pytest.skip(reason)


def postgresql_programs() -> Path | None:
    """The folder of initdb and pg_ctl, which Debian keeps off the PATH; the newest version's, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent, *folders] if found else folders
    return next((path for path in reversed(folders) if (path / "initdb").exists()), None)


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What armchair keeps on a machine outside of runs, away from that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server for this process of the tests -> URL of its database `postgres`.

    It writes to a folder in /tmp, since a socket's path must be short, and as another user where the tests
    run as root, which it refuses. It does not wait for the disk: no test cuts the power.
    """
    programs = postgresql_programs()
    if programs is None:
        unmet("no PostgreSQL: apt-get install postgresql")
    assert programs is not None
    account = next(filter(known_user, ("postgres", "nobody"))) if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if account is not None:
            shutil.chown(folder, account)

        def call(program: str, *words: str) -> None:
            command, log = (
                [str(programs / program), "-D", f"{folder}/data", *words],
                folder / f"{program}.log",
            )
            with log.open("w") as out:  # a pipe would stay open as long as the server runs
                done = subprocess.run(command, stdout=out, stderr=out, user=account, cwd="/", timeout=120)
            assert done.returncode == 0, log.read_text()

        call("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        call("pg_ctl", "-w", "-l", f"{folder}/data/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")


def known_user(name: str) -> bool:
    """Whether this machine has such an account."""
    import pwd

    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def pytest_configure() -> None:
    """MuJoCo reads its choice of OpenGL when it is imported, so it is made before any test file is."""
    with contextlib.suppress(MissingDependency):
        choose_gl()


def pytest_collection_finish() -> None:
    """What was imported stays: a look for garbage need not go through it each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Whoever left something open is named. Python would close it at any moment of any later test, which
    would fail where the warning is an error for the code that happened to run."""
    yield
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    if left:
        told = ", ".join(sorted({str(one.message)[:120] for one in left}))
        warnings.warn(pytest.PytestWarning(f"left open: {told}"), stacklevel=1)
    if nextitem is None or nextitem.path != item.path:
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose needs are not met, or fails it where they should have been; seeds PyTorch."""
    for marker, missing in NEEDS.items():
        reason = missing() if item.get_closest_marker(marker) else None
        if reason:
            unmet(reason)
    torch.manual_seed(0)  # a test that draws from it passes always or never


@pytest.fixture(scope="session")
def run_probe(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """How the page's own code shows pairs, see `composition_probe.ts`: a row for each way to show one."""
    frontend = Path(__file__).parents[1] / "src/armchair/web/frontend"
    esbuild = frontend / "node_modules/.bin/esbuild"
    if not shutil.which("node") or not esbuild.exists():
        pytest.skip("no Node.js, or no esbuild: npm ci in src/armchair/web/frontend")
    script, probe = tmp_path_factory.mktemp("probe") / "probe.mjs", frontend / "tests/composition_probe.ts"
    words = [str(probe), "--bundle", "--platform=node", "--format=esm", f"--outfile={script}"]
    subprocess.run([str(esbuild), *words], check=True, capture_output=True)

    def run(given: dict[str, Any]) -> list[dict[str, Any]]:
        text = json.dumps(given)
        done = subprocess.run(["node", str(script)], input=text, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    return run


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of its own, of the size in megabytes that the test is parametrised with."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(folder)]
    done = mount and subprocess.run([mount, *options], capture_output=True, check=False)
    if not done or done.returncode:
        pytest.skip("no small disk can be mounted here: that takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


# ---- stores, and made-up clips whose worth is known

MakeClip = Callable[[float], Clip]
AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "armchair.db") as store:
        yield store


@pytest.fixture
def make_clip() -> MakeClip:
    """A clip of 4 steps whose true return is given; its visible numbers are the same."""

    def make(total: float) -> Clip:
        visible, action = torch.full((4, 3), float(total)), torch.ones(4, 2)
        reward = torch.tensor([total, 0.0, 0.0, 0.0])
        return Clip(new_id(), visible, action, reward, torch.rand(4, 5, 7), None, 0, 0, 0)

    return make


@pytest.fixture
def ask(store: Store, make_clip: MakeClip) -> AskAbout:
    """Put a question about each pair of true returns."""

    def put(returns: Sequence[tuple[float, float]]) -> list[Question]:
        pairs = [(make_clip(left), make_clip(right)) for left, right in returns]
        questions = [Question(new_id(), left.id, right.id, "uniform", 0) for left, right in pairs]
        store.ask(questions, [clip for pair in pairs for clip in pair])
        return questions

    return put


# ---- runs whose policies have wishes

GiveWishes = Callable[..., None]
CHOSEN = 0.6


@pytest.fixture(scope="session")
def give_wishes() -> GiveWishes:
    """Have a run's policy take the weights of wishes as inputs, which change what it does, and a curve.

    The first half of the curve brings the wish at no cost, the second half costs.
    """

    def give(run: RunDir, wishes: tuple[str, ...] = ("carry_high",)) -> None:
        agent, info = load_policy(run)
        net = with_wishes(agent.net, len(wishes))
        first = net.actor.layers[0].weight[:, net.obs_dim :]
        first.copy_(2.0 * torch.randn(first.shape, generator=generator(0, "wishes")))
        net.weights.fill_(CHOSEN)
        info = info._replace(wishes=wishes)
        revise(run, lambda into: save_policy(into, Agent(net, 1e-3), info))
        weights = [[CHOSEN] * len(wishes)]
        for own in range(len(wishes)):
            weights += [[w if k == own else CHOSEN for k in range(len(wishes))] for w in (0.0, 0.3, 1.0)]
        rows = [
            Row(tuple(row), 1.0 - max(0.0, max(row) - 0.5), None, tuple(w**0.5 for w in row))
            for row in weights
        ]
        asked = tuple(f"Which one does {name} more?" for name in wishes)
        write_curve(run, Curve(wishes, asked, (CHOSEN,) * len(wishes), tuple(rows)))

    return give
