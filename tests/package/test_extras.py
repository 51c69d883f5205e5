"""Without the extras the core works, and what is missing says which of them to install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.errors import InvalidChoice, MissingDependency
from armchair.offers import extras
from armchair.offers.extras import EXTRAS, command, missing, need
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.options import Options

ROOT = Path(__file__).parents[2]
MODULE_OF = {"psycopg[binary]": "psycopg", "gymnasium-robotics": "gymnasium_robotics", "warp-lang": "warp"}


def declared() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]


def test_the_extras_are_those_of_the_package() -> None:
    assert {*EXTRAS, "all", "dev", "docs"} == set(declared())
    for name in EXTRAS.keys() - {"gym"}:  # that one is an extra of Gymnasium's
        packages = {re.split(r"[><=;]", line)[0].strip() for line in declared()[name]}
        modules = {MODULE_OF.get(package, package) for package in packages}
        assert set(EXTRAS[name].modules) <= modules, name
    (everything,) = declared()["all"]
    assert set(re.findall(r"[a-z]+", everything.partition("[")[2])) == EXTRAS.keys() - {"bullet", "warp"}
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    table = page.partition("| extra | brings |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)) == {*EXTRAS, "all", "docs"}


def test_what_is_missing_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "dashboard", extras.Extra("the dashboard", ("json", "no_such", "nor_this")))
    assert missing("dashboard") == ["no_such", "nor_this"]
    with pytest.raises(MissingDependency) as told:
        need("dashboard", "the dashboard")
    assert str(told.value) == (
        "the dashboard needs no_such and nor_this; mend it with: pip install 'armchair[dashboard]'"
    )
    with pytest.raises(InvalidChoice, match="did you mean 'plots'"):
        command("plot")


NEEDS = {
    "compare reach --seeds 1": "the plot of a comparison needs matplotlib; .*'armchair.plots.'",
    "teach reach --teacher oracle --compare": "needs matplotlib; .*'armchair.plots.'",
    "teach gymnasium:Pusher-v5 --teacher oracle": "No module named 'imageio'; .*'armchair.gym.'",
    "teach gymnasium_robotics:FetchReach-v4 --teacher oracle": "pip install 'armchair.robotics.'",
    "teach reach --teacher oracle --engine bullet": "pip install 'armchair.bullet.'|use Python 3.11",
    "teach reach --teacher oracle --engine warp": "the warp engine needs .*; .*pip install 'armchair.warp.'",
    "teach reach --teacher oracle --demos minari:pens": "a Minari data set needs h5py; .*'armchair.minari.'",
    "train gymnasium:Pendulum-v1 --ray 127.0.0.1:1": "a Ray cluster needs ray; .*'armchair.ray.'",
    "label postgresql://somebody@localhost/none": "psycopg is not installed; .*'armchair.postgres.'",
    "label runs/reach-001 --streamlit": "the plain page needs streamlit and altair.*'armchair.dashboard.'",
    "export runs/reach-001 --out out --format parquet": "Parquet needs pyarrow; .*'armchair.parquet.'",
    "export runs/reach-001 --out out --format lerobot": "a data set needs pyarrow; .*'armchair.parquet.'",
}
"""Commands that cannot do without an extra, after a run was made, and what they say."""


@pytest.mark.slow
def test_a_bare_installation_teaches_films_and_replays_and_says_what_else_there_is(
    bare: Callable[..., Any], tmp_path: Path
) -> None:
    """And loads no compiler for it, see `armchair.adam`."""
    taught, *others = bare("teach --config smoke --teacher oracle", *NEEDS)
    assert taught.status == 0
    assert "no curve: a plot needs matplotlib; mend it with: pip install 'armchair[plots]'" in taught.told
    assert not taught.loaded
    run = tmp_path / "runs" / "reach-001"
    assert (run / "summary.json").is_file() and (run / "replay.html").is_file()
    assert not (run / "tensorboard").exists()
    for (words, right), (status, told, _) in zip(NEEDS.items(), others, strict=True):
        assert status == 2, words
        assert re.fullmatch(f"armchair: .*({right}).*\n", told), (words, told)


def test_the_dashboard_says_on_the_page_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_is_there", lambda module: module != "streamlit")
    with Store.open(tmp_path / "armchair.db") as store:
        token = store.people.invite("olga", "owner")
        app = create_app(tmp_path / "armchair.db", Options(run="reach-001"))
        with TestClient(app, "http://localhost", headers={"X-Armchair": "1"}) as olga:
            assert olga.post("/api/login", json={"token": token}).status_code == 204
            page = olga.get("/dashboard", headers={"Accept": "text/html"})
            assert page.status_code == 501
            assert "This is not installed" in page.text
            assert (
                "The dashboard needs streamlit; mend it with: pip install &#x27;armchair[dashboard]&#x27;"
                in page.text
            )
            assert olga.get("/").status_code in (200, 503)  # the rest goes on; 503: not built here
            assert olga.get("/dashboard/_stcore/health").json()["code"] == "missing"
