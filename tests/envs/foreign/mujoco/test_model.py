from types import SimpleNamespace

import gymnasium
import mujoco
import pytest

from armchair.envs.foreign.mujoco.model import find_model

MODEL = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><body name='b'><geom size='1'/></body></worldbody></mujoco>"
)


class Env(gymnasium.Env):
    def __init__(self, **held: object) -> None:
        vars(self).update(held)


def held_as(how: str) -> tuple[mujoco.MjData, Env]:
    model, data = MODEL, mujoco.MjData(MODEL)
    physics = SimpleNamespace(model=SimpleNamespace(ptr=model), data=SimpleNamespace(ptr=data))
    sim = SimpleNamespace(model=SimpleNamespace(_model=model), data=SimpleNamespace(_data=data))
    return data, {
        "gymnasium": Env(model=model, data=data),
        "dm_control": Env(_env=SimpleNamespace(physics=physics)),
        "robosuite": Env(env=SimpleNamespace(sim=sim)),
        "own names": Env(arm=model, now=data, steps=3),
    }[how]


@pytest.mark.parametrize("how", ["gymnasium", "dm_control", "robosuite", "own names"])
def test_the_model_and_its_state_are_found_where_others_keep_them(how: str) -> None:
    data, env = held_as(how)
    found = find_model(gymnasium.wrappers.TimeLimit(env, 5))
    assert found is not None
    assert found[0] is MODEL
    assert found[1] is data


def test_what_is_not_simulated_by_mujoco_has_none() -> None:
    assert find_model(gymnasium.make("Pendulum-v1")) is None
    assert find_model(Env(model="a network", data=[1, 2])) is None


def test_two_models_are_not_guessed_between() -> None:
    assert find_model(Env(one=MODEL, two=MODEL, now=mujoco.MjData(MODEL))) is None


def test_a_property_that_raises_hides_nothing_else() -> None:
    class Broken(Env):
        @property
        def model(self) -> object:
            raise RuntimeError("reset me first")

    assert find_model(Broken(m=MODEL, d=mujoco.MjData(MODEL))) is not None
