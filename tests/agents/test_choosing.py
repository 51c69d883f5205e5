"""Choosing the weights of a run's wishes: in its policy, its checkpoint and its curve, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.agents.choosing import choose, weights_of
from armchair.agents.ppo import PPOConfig, make_agent
from armchair.agents.saved import PolicyInfo, load_policy, save_policy
from armchair.errors import InvalidInput, RunError
from armchair.maths import generator
from armchair.runs.checkpoint import newest, verify, write_checkpoint
from armchair.runs.curve import read_curve
from armchair.runs.folder import RunDir
from armchair.runs.older import older_in_use, use_older
from armchair.runs.soundness import checkpoints
from armchair.store.trainer_lock import trainer_lock

INFO = PolicyInfo("reach", "mujoco", "joint", 3, 2, (8,), 4096)
WISHES = ("carry_high", "smooth")
Give = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path, give_wishes: Give) -> RunDir:
    """A run with three checkpoints, the newest of which has a policy with wishes, and its state."""
    made = RunDir.create(tmp_path, "reach", {"task": "reach"})
    agent = make_agent(3, 2, PPOConfig(hidden=(8,)), generator(0))
    for count in range(3):

        def write(into: RunDir, count: int = count) -> None:
            into.save("state", {"count": torch.tensor(count), "agent.net.weights": torch.zeros(2)}, {})
            save_policy(into, agent, INFO)

        write_checkpoint(made, write, {"count": count})
    give_wishes(made, WISHES)
    return made


def acts(run: RunDir) -> torch.Tensor:
    return load_policy(run)[0].net.best(torch.ones(1, 3))


def test_what_is_chosen_is_in_policy_checkpoint_state_and_curve(run: RunDir) -> None:
    before = acts(run)
    assert weights_of(run) == {"carry_high": 0.6, "smooth": 0.6}
    assert choose(run, {"smooth": 0.25}) == {"carry_high": 0.6, "smooth": 0.25}
    assert weights_of(run) == {"carry_high": 0.6, "smooth": 0.25}
    assert not torch.equal(acts(run), before)
    curve = read_curve(run)
    assert curve is not None and curve.chosen == (0.6, 0.25)
    resumed = newest(run)
    assert resumed is not None
    for name, key in (("policy", "net.weights"), ("state", "agent.net.weights")):
        torch.testing.assert_close(resumed.load(name)[0][key], torch.tensor([0.6, 0.25]))
    assert resumed.load("state")[0]["count"] == 2
    assert weights_of(run) == {"carry_high": 0.6, "smooth": 0.25}, "a trainer that resumes keeps it"


def test_the_checkpoint_is_replaced_and_those_before_are_kept(run: RunDir) -> None:
    names = sorted(path.name for path in run.checkpoints.glob("[0-9]*"))
    for weight in (0.0, 1.0, 0.5, 0.125):
        choose(run, {"carry_high": weight})
    after = sorted(path.name for path in run.checkpoints.glob("[0-9]*"))
    assert after[:2] == names[:2] and len(after) == 3
    assert [verify(run.checkpoints / name)["count"] for name in after] == [0, 1, 2]
    assert checkpoints(run).wrong == []
    assert not list(run.checkpoints.glob(".*")), "nothing is left lying about"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"carry_high": 1.01}, "from 0 to 1, got 1.01"),
        ({"carry_high": -0.1}, "from 0 to 1, got -0.1"),
        ({"carry_high": float("nan")}, "from 0 to 1, got nan"),
        ({"carry_hihg": 0.5}, "did you mean 'carry_high'"),
    ],
)
def test_what_cannot_be_chosen_changes_nothing(run: RunDir, given: dict[str, float], hint: str) -> None:
    files = {path: path.read_bytes() for path in run.path.rglob("*.safetensors")}
    with pytest.raises(InvalidInput, match=hint):
        choose(run, given)
    assert {path: path.read_bytes() for path in run.path.rglob("*.safetensors")} == files


def test_a_policy_without_wishes_says_so(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    save_policy(run, make_agent(3, 2, PPOConfig(hidden=(8,)), generator(0)), INFO)
    assert weights_of(run) == {}
    with pytest.raises(InvalidInput, match="has no wishes to weigh"):
        choose(run, {"carry_high": 0.5})


def test_nothing_is_chosen_while_a_trainer_is_at_work(run: RunDir) -> None:
    """Its next checkpoint would put its own weights in place of the chosen ones."""
    with trainer_lock(run), pytest.raises(RunError, match="is being trained already"):
        choose(run, {"smooth": 0.25})
    assert weights_of(run)["smooth"] == 0.6


def test_a_damaged_policy_is_not_sealed_anew(run: RunDir) -> None:
    """Of a run without checkpoints in folders: a byte that has flipped must not get a checksum that fits."""
    for folder in run.checkpoints.glob("[0-9]*"):
        shutil.rmtree(folder)
    choose(run, {"smooth": 0.25})
    assert weights_of(run)["smooth"] == 0.25
    file = run.checkpoints / "policy.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(RunError, match="it is not what was written"):
        choose(run, {"smooth": 0.75})
    assert file.read_bytes() == bytes(content)


def test_an_older_policy_stays_the_runs(run: RunDir) -> None:
    """Whoever went back to it chose that, and it is as it was where it has no wishes of these."""
    agent, info = load_policy(run)
    older = make_agent(3, 2, PPOConfig(hidden=(8,)), generator(1))

    def write(into: RunDir) -> None:
        save_policy(into, agent, info)
        about = {"answers": 3, "in_place_of": 6, "success": None}
        save_policy(into, older, INFO._replace(wishes=()), name="older", more=about)

    write_checkpoint(run, write, {})
    use_older(run)
    assert weights_of(run) == {}
    with pytest.raises(InvalidInput, match="no wishes"):
        choose(run, {"smooth": 0.25})
    assert older_in_use(run) is not None


def test_an_older_policy_with_the_same_wishes_is_changed_and_stays(run: RunDir) -> None:
    agent, info = load_policy(run)

    def write(into: RunDir) -> None:
        save_policy(into, agent, info)
        save_policy(into, agent, info, name="older", more={"answers": 3, "in_place_of": 6})

    write_checkpoint(run, write, {})
    use_older(run)
    choose(run, {"smooth": 0.25})
    assert weights_of(run)["smooth"] == 0.25 and older_in_use(run) is not None
    resumed = newest(run)
    assert resumed is not None and older_in_use(run) is None
    assert weights_of(run)["smooth"] == 0.25


def test_weights_beyond_their_range_are_no_policy(run: RunDir) -> None:
    agent, info = load_policy(run)
    agent.net.weights.fill_(1.5)
    save_policy(run, agent, info)
    with pytest.raises(RunError, match="not from 0 to 1"):
        load_policy(run)
    with pytest.raises(RunError, match="must be from 0 to 1"):
        weights_of(run)
    save_policy(run, agent, info._replace(wishes=("smooth", "smooth")))
    with pytest.raises(RunError, match="a list of names, each once"):
        weights_of(run)


def test_it_needs_no_torch(run: RunDir) -> None:
    program = (
        "import sys; from pathlib import Path; from armchair.agents.choosing import choose, weights_of; "
        "from armchair.runs.folder import RunDir; run = RunDir(Path(sys.argv[1])); "
        "choose(run, {'smooth': 0.25}); assert weights_of(run)['smooth'] == 0.25; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(run.path)], check=False).returncode == 0
    assert load_policy(run)[0].net.weights.tolist() == pytest.approx([0.6, 0.25])
