"""The public names and what they take: who changes one of them changes other people's programs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import armchair

SIGNATURES = {
    "teach": "(task: 'str | EnvFactory | None' = None, *, teacher: 'TeacherLike' = None, "
    "labels: 'int | None' = None, config: 'ConfigLike' = None, strategy: 'Strategy | None' = None, "
    "features: 'Features | None' = None, on: 'Moments | None' = None, "
    "runs: 'str | Path' = 'runs') -> 'Teaching'",
    "resume": "(path: 'str | Path', *, teacher: 'TeacherLike' = None, strategy: 'Strategy | None' = None, "
    "features: 'Features | None' = None, on: 'Moments | None' = None) -> 'Teaching'",
    "load": "(path: 'str | Path', features: 'Features | None' = None) -> 'Run'",
    "teach_wishes": "(skill: 'Run | str | Path', wishes: 'Mapping[str, str | Judge | None]', *, "
    "labels: 'int | None' = None, weights: 'Mapping[str, float] | None' = None, "
    "config: 'Mapping[str, Json] | None' = None, on: 'Moments | None' = None, "
    "runs: 'str | Path' = 'runs') -> 'Teaching'",
    "LearnedReward": "(env: 'gymnasium.Env[object, object]', run: 'Run | str | Path', *, "
    "obs: 'Observations' = 'same') -> 'None'",
    "LearnedVectorReward": "(env: 'Many', run: 'Run | str | Path', *, "
    "obs: 'Observations' = 'same') -> 'None'",
    "SB3VecEnv": "(env: 'Many') -> 'None'",
    "Controller": "(run: 'Run | str | Path') -> 'None'",
    "register_envs": "() -> 'None'",
}
MEMBERS = {
    "Run": "answers clips config evaluate film layout metrics path policy replay reward success task",
    "Teaching": "answers clips config evaluate film finish finished layout metrics path policy replay reward "
    "stop success task",
    "Policy": "predict sample",
    "Reward": "layout members of spread",
    "Clip": "action episode frames id names points policy_step poses reward start visible",
    "Controller": "begin command tool",
    "Asked": "count index left question right",
    "Moments": "answer evaluation fit question update",
}
TYPES = {"ArmchairError", "States", "Strategy", "__version__"}


def test_the_names_are_these() -> None:
    assert set(armchair.__all__) == {*SIGNATURES, *MEMBERS, *TYPES}
    assert set(armchair.__all__) <= set(dir(armchair))


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_a_name_takes(name: str) -> None:
    assert str(inspect.signature(getattr(armchair, name))) == SIGNATURES[name]


@pytest.mark.parametrize("name", MEMBERS)
def test_what_a_type_has(name: str) -> None:
    kind = getattr(armchair, name)
    own = {
        *vars(kind),
        *getattr(kind, "__annotations__", {}),
        *(key for base in kind.__mro__ for key in vars(base)),
    }
    typed = {
        "clear",
        "copy",
        "fromkeys",
        "get",
        "items",
        "keys",
        "pop",
        "popitem",
        "setdefault",
        "update",
        "values",
    }
    shown = {key for key in own if not key.startswith("_")} - (
        typed - {"update"} if name == "Moments" else set()
    )
    assert shown == set(MEMBERS[name].split())


def test_every_name_is_explained() -> None:
    assert all(inspect.getdoc(getattr(armchair, name)) for name in (*SIGNATURES, *MEMBERS))


def test_an_unknown_name_is_no_name() -> None:
    with pytest.raises(AttributeError, match="module 'armchair' has no attribute 'taech'"):
        armchair.taech  # pyright: ignore # noqa: B018


def test_the_import_loads_little_and_names_are_loaded_when_they_are_used() -> None:
    program = (
        "import sys; before = set(sys.modules); import armchair\n"
        "print(*({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))\n"
        "armchair.teach; print('torch' in sys.modules, 'stable_baselines3' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded, after = out.splitlines()
    # gymnasium, for its registry, and what it loads itself: nothing that takes seconds
    own = {name for name in loaded.split() if not name.startswith(("cython", "_cython", "__mp"))}
    assert own <= {
        "armchair",
        "gymnasium",
        "numpy",
        "farama_notifications",
        "typing_extensions",
        "cloudpickle",
    }
    assert "armchair" in own
    assert after == "True False"
