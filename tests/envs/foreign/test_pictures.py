"""Pictures of the Gymnasium environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import env_render_passive_checker
from gymnasium.wrappers import RecordVideo

from armchair.envs.gym import adapters as gym_adapters
from armchair.envs.gym.export import ArmGymEnv, ArmVectorEnv
from armchair.envs.gym.registration import register_envs
from armchair.envs.gym.sketch import RobotArmReachEnv
from armchair.errors import InvalidInput, MissingDependency

register_envs()


@pytest.mark.slow
@pytest.mark.gl
def test_record_video_films_a_whole_episode(tmp_path: Path) -> None:
    pytest.importorskip("moviepy")
    env = gymnasium.make("armchair/KukaReach-v0", render_mode="rgb_array", max_episode_steps=15)
    env = RecordVideo(env, str(tmp_path / "films"), episode_trigger=lambda episode: episode == 0)
    env.reset(seed=0)
    done = False
    while not done:
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        done = terminated or truncated
    env.close()
    (film,) = tmp_path.glob("films/*.mp4")
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 20
        assert (stream.width, stream.height) == (480, 480)
        assert sum(1 for _ in container.decode(stream)) in (15, 16)  # the writer rounds the length down


@pytest.mark.gl
def test_the_last_picture_of_an_episode_shows_its_end() -> None:
    env = ArmGymEnv("reach", render_mode="rgb_array")
    with pytest.raises(InvalidInput, match=r"call reset\(\)"):
        env.render()
    env.reset(seed=0)
    env_render_passive_checker(env)
    for i in range(50):
        env.step(np.ones(4, np.float32))
        if i == 48:
            before = env.render()
    end = env.render()
    env.reset()
    begin = env.render()
    env.close()
    assert before is not None
    assert end is not None
    assert begin is not None
    assert end.shape == (480, 480, 3)
    assert end.dtype == np.uint8

    def apart(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.abs(a.astype(float) - b).mean())

    assert 5 * apart(before, end) < apart(end, begin)  # a step is little, back to the start much


@pytest.mark.gl
def test_a_vector_gives_a_picture_a_copy() -> None:
    env = ArmVectorEnv(2, "push", render_mode="rgb_array")
    env.reset(seed=0)
    pictures = env.render()
    env.close()
    assert pictures is not None
    assert len(pictures) == 2
    assert not np.array_equal(*pictures)


def test_without_a_render_mode_nothing_is_drawn_or_recorded() -> None:
    env = ArmGymEnv("reach")
    env.reset(seed=0)
    assert env.render() is None
    assert env.arm.step(env.arm.script()).poses is None


def test_a_window_is_shown_every_state_at_the_pace_of_the_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a window that only counts, since tests have no display."""
    shown: list[np.ndarray] = []
    slept: list[float] = []

    class Window:
        def __init__(self, num_blocks: int, goal_marker: str, camera: object) -> None:
            assert (num_blocks, goal_marker) == (1, "disc")
            assert camera is not None

        def show(self, poses: np.ndarray) -> None:
            shown.append(np.asarray(poses))

        def close(self) -> None:
            shown.append(np.zeros(0))

    picture = pytest.importorskip("armchair.engines.display.picture")
    monkeypatch.setattr(picture, "Viewer", Window)
    monkeypatch.setattr(gym_adapters.time, "sleep", slept.append)
    env = ArmGymEnv("push", render_mode="human")
    env.reset(seed=0)
    for _ in range(60):
        env.step(np.ones(4, np.float32))
    assert env.render() is None
    env.close()
    env.close()
    assert len(shown) == 62
    assert shown[0].shape == (13, 7)
    moves = [float(np.abs(b - a).max()) for a, b in pairwise(shown[:61])]
    assert max(moves) < 0.2  # the end is shown, not the next beginning
    assert len(slept) == 61
    assert max(slept) <= 60 * 0.05 + 0.01


@pytest.mark.parametrize("make", [ArmGymEnv, RobotArmReachEnv])
def test_a_window_without_a_display_is_a_clear_error(
    make: type[ArmGymEnv | RobotArmReachEnv], monkeypatch: pytest.MonkeyPatch
) -> None:
    if make is RobotArmReachEnv:
        pytest.importorskip("pybullet")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingDependency, match=r"display.*rgb_array"):
        make(render_mode="human").reset(seed=0)


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("name", ["RobotArmReach-v0", "KukaPush-v0"])
def test_a_window_opens_where_a_display_exists(name: str) -> None:
    """PyBullet's window and ours, on a display in memory."""
    if shutil.which("xvfb-run") is None:
        pytest.skip("no xvfb-run: apt-get install xvfb")
    if name.startswith("Robot"):
        pytest.importorskip("pybullet")
    code = (
        f"import gymnasium; env = gymnasium.make('armchair:armchair/{name}', render_mode='human'); "
        "env.reset(seed=0); [env.step(env.action_space.sample()) for _ in range(5)]; env.close(); "
        "print('shown')"
    )
    environ = {key: value for key, value in os.environ.items() if key != "MUJOCO_GL"}
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24 +extension GLX"]
    done = subprocess.run(
        [*screen, sys.executable, "-c", code],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "shown" in done.stdout, done.stderr
