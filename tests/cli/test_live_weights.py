"""The live view of a policy with wishes: what it tells, what sliders do, what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from armchair.agents.choosing import weights_of
from armchair.cli.playing.args import Args
from armchair.cli.playing.cast import choose as cast_of
from armchair.cli.playing.live import LiveSource, about, actor_of, run_of
from armchair.errors import ArmchairError, InvalidInput
from armchair.playback.live import Stage, check_live
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_lock
from armchair.web.live import Moment, Wish

Give = Callable[..., None]


@pytest.fixture
def source(wished: RunDir, request: pytest.FixtureRequest) -> Iterator[LiveSource]:
    """What `armchair play RUN` serves; with the words of `--wish-weight` as a parameter."""
    cast = cast_of(Args(what=str(wished.path), wish_weight=getattr(request, "param", ())))
    env = check_live("reach", cast.spec.make(1, cast.config, seed=0))
    made = LiveSource(Stage(env, actor_of(cast, env, 0)), about(cast, env), run_of(cast))
    yield made
    made.close()
    env.close()


def status_of(source: LiveSource, true: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """The first status for which that is so."""
    told: list[Moment] = []
    end = source.watch(told.append)
    try:
        until = time.monotonic() + 20.0
        while time.monotonic() < until:
            for moment in told:
                if moment.status is not None and true(dict(moment.status)):
                    return dict(moment.status)
            time.sleep(0.02)
    finally:
        end()
    raise AssertionError([moment.status for moment in told if moment.status][-1:])


def test_a_viewer_is_told_of_wishes_their_curve_and_weights(source: LiveSource) -> None:
    told = source.about()
    assert told["wishes"] == [{"name": "carry_high", "question": "Which one does carry_high more?"}]
    assert told["weights"] == told["chosen"] == {"carry_high": 0.6}
    curve = told["curve"]
    assert isinstance(curve, list) and len(curve) == 4
    assert curve[1] == {
        "weights": {"carry_high": 0.0},
        "done": 1.0,
        "success": None,
        "wish": {"carry_high": 0.0},
    }


@pytest.mark.parametrize("source", [("carry_high=0.25",)], indirect=True)
def test_it_begins_at_the_weight_that_was_typed(source: LiveSource) -> None:
    told = source.about()
    assert (told["weights"], told["chosen"]) == ({"carry_high": 0.25}, {"carry_high": 0.6})


def test_without_a_curve_or_with_a_damaged_one_there_are_sliders(source: LiveSource, wished: RunDir) -> None:
    (wished.path / "curve.json").write_text("{")
    assert (source.about()["curve"], source.about()["wishes"]) == (
        [],
        [{"name": "carry_high", "question": ""}],
    )
    (wished.path / "curve.json").unlink()
    assert source.about()["curve"] == []


def test_a_slider_moves_all_that_watch_and_use_this_keeps_it(source: LiveSource, wished: RunDir) -> None:
    source.wish(Wish("weights", 0.0, {"carry_high": 0.125}))
    told = status_of(source, lambda status: status["weights"] == {"carry_high": 0.125})
    assert told["chosen"] == {"carry_high": 0.6} and weights_of(wished) == {"carry_high": 0.6}
    source.choose({"carry_high": 0.125})
    assert weights_of(wished) == {"carry_high": 0.125}
    assert status_of(source, lambda status: status["chosen"] == {"carry_high": 0.125})
    assert source.about()["chosen"] == {"carry_high": 0.125}


def test_what_cannot_be_is_refused(source: LiveSource, wished: RunDir) -> None:
    with pytest.raises(InvalidInput, match="did you mean 'carry_high'"):
        source.wish(Wish("weights", 0.0, {"carry_hgih": 0.5}))
    with pytest.raises(InvalidInput, match="did you mean 'carry_high'"):
        source.choose({"carry_hgih": 0.5})
    with trainer_lock(wished), pytest.raises(ArmchairError, match="is being trained already"):
        source.choose({"carry_high": 0.5})
    assert weights_of(wished) == {"carry_high": 0.6}


def test_a_policy_without_wishes_has_no_sliders(taught: RunDir) -> None:
    cast = cast_of(Args(what=str(taught.path)))
    env = check_live("reach", cast.spec.make(1, cast.config, seed=0))
    source = LiveSource(Stage(env, actor_of(cast, env, 0)), about(cast, env), run_of(cast))
    try:
        assert "wishes" not in source.about()
        with pytest.raises(InvalidInput, match="no wishes to weigh"):
            source.wish(Wish("weights", 0.0, {"carry_high": 0.5}))
    finally:
        source.close()
        env.close()
