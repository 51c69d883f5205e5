"""A cluster for tests, and pieces of work that processes find under a name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from armchair.offers.extras import missing

HERE = Path(__file__).parent
ODD = HERE.parent / "envs" / "foreign"  # environments that do what they should not


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(HERE)  # children look there, too
    import pieces

    return pieces


@pytest.fixture(scope="session")
def cluster() -> Iterator[SimpleNamespace]:
    """Two nodes with a CPU each, as processes of this machine; `lose` ends one, `mend` brings another."""
    if missing("ray"):
        pytest.skip("ray is not installed")
    from ray.cluster_utils import Cluster

    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "RAY_USAGE_STATS_ENABLED")}
    os.environ["PYTHONPATH"] = os.pathsep.join((str(HERE), str(ODD), before["PYTHONPATH"] or ""))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes = [made.add_node(num_cpus=1)]

    def lose() -> None:
        made.remove_node(nodes.pop())

    def mend() -> None:  # in the main thread: Ray listens to signals
        nodes.append(made.add_node(num_cpus=1))

    yield SimpleNamespace(address=made.address, lose=lose, mend=mend)
    made.shutdown()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
