"""Pictures from whichever thread, and copies of environments."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from collections.abc import Callable

import gymnasium
import numpy as np
import pytest

from armchair.envs.gym.export import ArmGymEnv
from armchair.envs.gym.registration import register_envs
from armchair.errors import InvalidInput

register_envs()


def elsewhere(work: Callable[[], object]) -> object:
    """What a call returns in another thread, or its error."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60.0)
    return found[0] if found else "it hangs"


@pytest.mark.gl
def test_pictures_are_the_same_from_any_thread_and_any_may_close() -> None:
    env = ArmGymEnv("reach", render_mode="rgb_array")
    env.reset(seed=0)
    here = env.render()
    for _ in range(2):
        assert np.array_equal(np.asarray(elsewhere(env.render)), here)
        assert np.array_equal(np.asarray(env.render()), here)
    assert elsewhere(env.close) is None
    env.close()


@pytest.mark.gl
def test_a_forked_process_is_told_that_it_cannot_draw() -> None:
    env = ArmGymEnv("reach", render_mode="rgb_array")
    env.reset(seed=0)
    env.render()
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def child() -> None:
        fresh = ArmGymEnv("reach", render_mode="rgb_array")
        fresh.reset(seed=0)
        for one in (env, fresh):
            try:
                one.render()
                there.send("drawn")
            except InvalidInput as error:
                one.close()
                there.send(str(error))

    process = context.Process(target=child)
    process.start()
    for _ in range(2):
        assert here.poll(60.0), "it hangs"
        assert 'get_context("spawn")' in here.recv()
    process.join(60.0)
    assert env.render() is not None, "the parent draws on"
    env.close()


@pytest.mark.parametrize("engine", ["mujoco", "bullet"])
def test_a_copy_is_refused_and_what_is_said_in_its_place_works(engine: str) -> None:
    if engine == "bullet":
        pytest.importorskip("pybullet")
    env, other = (gymnasium.make("armchair/KukaPush-v0", engine=engine) for _ in range(2))
    env.reset(seed=0)
    env.step(np.full(4, 0.5, np.float32))
    for how in (copy.deepcopy, copy.copy, pickle.dumps):
        with pytest.raises(InvalidInput, match="a simulation cannot be copied: make another environment"):
            how(env.unwrapped.arm if how is copy.copy else env)  # type: ignore[attr-defined]
    other.reset(seed=5)
    other.unwrapped.arm.restore(env.unwrapped.arm.snapshot())  # type: ignore[attr-defined]
    action = np.full(4, -0.2, np.float32)
    assert np.array_equal(env.step(action)[0], other.step(action)[0])
    env.close()
    other.close()
