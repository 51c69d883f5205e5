"""Environments of others that are put back go on as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Callable

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.wrappers import FrameStackObservation, NormalizeObservation

from armchair.envs.foreign.mujoco.archive import pack, unpack
from armchair.envs.foreign.mujoco.copy_state import keep_copy, put_back
from armchair.envs.foreign.mujoco.plain import Reader, write
from armchair.envs.foreign.mujoco.trial import can_be_put_back
from armchair.errors import InvalidInput

Make = Callable[[], gymnasium.Env]
LONG = 1000


def played(env: gymnasium.Env, steps: int, seed: int = 5) -> list[bytes]:
    """All that a learner could see of so many steps, ended episodes followed by others."""
    rng, seen = np.random.default_rng(seed), []
    for _ in range(steps):
        obs, reward, terminated, truncated, info = env.step(rng.uniform(-1, 1, env.action_space.shape))
        seen.append(np.asarray(obs).tobytes() + np.array([reward, terminated, truncated]).tobytes())
        seen.append(str(info.get("is_success")).encode())
        if terminated or truncated:
            seen.append(np.asarray(env.reset()[0]).tobytes())
    return seen


def wrapped(make: Make) -> gymnasium.Env:
    return FrameStackObservation(NormalizeObservation(make()), 2)


@pytest.mark.parametrize("how", ["own", "wrapped", "Reacher-v5", "Pusher-v5", "HalfCheetah-v5", "Hopper-v5"])
def test_a_thousand_steps_after_a_snapshot_are_the_same_to_the_bit_in_either_copy(
    make_bench: Make, how: str
) -> None:
    makers = {"own": make_bench, "wrapped": lambda: wrapped(make_bench)}
    one, other = (makers.get(how, lambda: gymnasium.make(how))() for _ in range(2))
    one.reset(seed=3)
    other.reset(seed=4)
    played(one, 17)
    played(other, 5)
    kept = keep_copy(one)
    first = played(one, LONG)
    for env in (one, other):
        put_back(env, kept)
        assert played(env, LONG) == first
        env.close()


def test_what_was_kept_does_not_change_with_the_environment(make_bench: Make) -> None:
    env = make_bench()
    env.reset(seed=3)
    kept = keep_copy(env)
    before = kept.clone()
    played(env, 40)
    assert torch.equal(kept, before)


def test_the_trial_believes_what_is_true_and_nothing_else(make_bench: Make) -> None:
    assert can_be_put_back(make_bench)

    class Forgetful(gymnasium.Wrapper):
        """Remembers where nobody can look."""

        def __init__(self, env: gymnasium.Env) -> None:
            super().__init__(env)
            count = 0

            def counted() -> float:
                nonlocal count
                count += 1
                return float(count)

            self.counted = counted

        def step(self, action: np.ndarray) -> tuple:
            obs, _, *rest = self.env.step(action)
            return obs, self.counted(), *rest

    assert not can_be_put_back(lambda: Forgetful(make_bench()))

    class Unseeded(gymnasium.Wrapper):
        """Differs from copy to copy, and from process to process."""

        def reset(self, **given: object) -> tuple:
            obs, info = self.env.reset(**given)
            return obs + random.SystemRandom().random(), info

    assert not can_be_put_back(lambda: Unseeded(make_bench()))
    assert not can_be_put_back(lambda: gymnasium.make("Pendulum-v1")), "not MuJoCo's"


def test_a_snapshot_of_another_environment_is_refused_in_a_line(make_bench: Make) -> None:
    one, other = make_bench(), gymnasium.make("Reacher-v5")
    one.reset(seed=0)
    other.reset(seed=0)
    with pytest.raises(InvalidInput, match="another make"):
        put_back(other, keep_copy(one))
    with pytest.raises(InvalidInput, match="cannot be read"):
        put_back(one, torch.arange(99, dtype=torch.uint8))
    with pytest.raises(InvalidInput, match="not simulated by MuJoCo"):
        keep_copy(gymnasium.make("Pendulum-v1"))


class Holder:
    """A place for attributes."""

    def __init__(self, **given: object) -> None:
        vars(self).update(given)


def moved(given: Holder, into: Holder) -> Holder:
    """Through bytes, as from a file."""
    reader = Reader()
    plain = reader.read(given)
    told, arrays = unpack(pack(plain, {str(k): array for k, array in enumerate(reader.arrays)}))
    write(into, told, [arrays[str(k)] for k in range(len(arrays))])
    return into


def test_plain_data_comes_back_as_it_was() -> None:
    shared = np.arange(3.0)
    values = {
        "number": 0.1 + 0.2, "nan": float("nan"), "big": 2**100, "text": "ß", "none": None, "yes": True,
        "array": np.float32([[1, 2]]), "scalar": np.int16(-3), "nested": {"a": [1, (2.5, {3})], 4: "four"},
        "one": shared, "same": shared, "tensor": torch.arange(4),
    }  # fmt: skip
    found = moved(Holder(**values), Holder(number=1.0, later="gone"))
    assert found.number == values["number"] and np.isnan(found.nan) and found.big == 2**100
    assert found.nested == values["nested"] and type(found.nested["a"][1]) is tuple
    assert found.array.dtype == np.float32 and found.scalar.dtype == np.int16 and found.scalar == -3
    assert found.one is found.same and found.one is not shared, "what is shared stays shared"
    assert torch.equal(found.tensor, torch.arange(4)) and found.text == "ß" and not hasattr(found, "later")


def test_generators_of_all_kinds_go_on_where_they_were() -> None:
    made = Holder(
        new=np.random.default_rng(1),
        old=np.random.RandomState(2),
        plain=random.Random(3),
        ours=torch.Generator(),
    )
    made.also = made.new
    made.ours.manual_seed(4)
    found = moved(made, Holder(new=np.random.default_rng(9)))
    assert found.also is found.new
    for _ in range(3):
        assert made.new.normal() == found.new.normal()
        assert made.old.normal() == found.old.normal()
        assert made.plain.random() == found.plain.random()
        assert torch.equal(torch.rand(2, generator=made.ours), torch.rand(2, generator=found.ours))


def test_objects_below_are_reached_and_what_is_no_data_is_left_alone() -> None:
    def action() -> None: ...

    made = Holder(parts=[Holder(x=1), Holder(x=2)], by_name={"a": Holder(x=3)}, act=action)
    made.parts[0].back = made  # a circle
    into = Holder(parts=[Holder(x=0), Holder(x=0)], by_name={"a": Holder(x=0)}, act=print)
    found = moved(made, into)
    assert [part.x for part in found.parts] == [1, 2] and found.by_name["a"].x == 3 and found.act is print


def test_views_of_a_simulators_numbers_stay_views(make_bench: Make) -> None:
    env = make_bench()
    env.reset(seed=0)
    inside = env.unwrapped
    inside.now = inside.data.qpos
    kept = keep_copy(env)
    played(env, 3)
    put_back(env, kept)
    played(env, 3)
    assert np.array_equal(inside.now, inside.data.qpos)
