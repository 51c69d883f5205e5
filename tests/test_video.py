"""Videos decode to what was written, and appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from armchair.errors import InvalidInput
from armchair.video import write_mp4

Frame = NDArray[np.uint8]


def fade(count: int, shape: tuple[int, int] = (64, 96)) -> list[Frame]:
    """Frames whose brightness rises."""
    return [np.full((*shape, 3), 20 + 200 * k // count, dtype=np.uint8) for k in range(count)]


def boxes(path: Path) -> list[str]:
    """Names of an MP4's top-level boxes in file order: each begins with its size, then its name."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("latin1"))
        assert size >= 8
        at += size
    return names


def test_decodes_to_the_frames_written(tmp_path: Path) -> None:
    path, frames = tmp_path / "fade.mp4", fade(12)
    assert write_mp4(path, iter(frames), 20) == 12
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 20
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(decoded) == 12
    for got, wanted in zip(decoded, frames, strict=True):
        assert got.shape == wanted.shape
        assert abs(float(got.mean()) - float(wanted.mean())) < 6


def test_index_comes_before_the_pictures(tmp_path: Path) -> None:
    path = tmp_path / "fast.mp4"
    write_mp4(path, fade(5), 20)
    order = boxes(path)
    assert order.index("moov") < order.index("mdat")


def test_a_fractional_rate_keeps_the_length(tmp_path: Path) -> None:
    path = tmp_path / "slow.mp4"
    write_mp4(path, fade(10), 12.5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("shape", [(63, 96), (64, 95)])
def test_odd_sizes_are_refused_with_the_right_one(tmp_path: Path, shape: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match=r"even.*use 96 x 64"):
        write_mp4(tmp_path / "odd.mp4", fade(2, shape), 20)
    assert not list(tmp_path.iterdir())


def test_no_frames_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="at least one frame"):
        write_mp4(tmp_path / "empty.mp4", [], 20)
    assert not list(tmp_path.iterdir())


def test_frames_must_all_be_alike(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="frame 2 must be"):
        write_mp4(tmp_path / "mixed.mp4", [*fade(2), np.zeros((32, 32, 3), np.uint8)], 20)
    with pytest.raises(InvalidInput, match="uint8"):
        write_mp4(tmp_path / "float.mp4", [np.zeros((32, 32, 3))], 20)  # type: ignore[list-item]
    assert not list(tmp_path.iterdir())


def test_a_failure_half_way_leaves_the_old_video(tmp_path: Path) -> None:
    path = tmp_path / "kept.mp4"
    write_mp4(path, fade(4), 20)
    before = path.read_bytes()

    def broken() -> Iterator[Frame]:
        yield from fade(3)
        raise RuntimeError("the simulation stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_mp4(path, broken(), 20)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fps", [0, -20, float("nan")])
def test_fps_must_be_positive(tmp_path: Path, fps: float) -> None:
    with pytest.raises(InvalidInput, match="fps must be positive"):
        write_mp4(tmp_path / "x.mp4", fade(2), fps)


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"use x\.mp4"):
        write_mp4(tmp_path / "x.avi", fade(2), 20)
    with pytest.raises(InvalidInput, match="no folder"):
        write_mp4(tmp_path / "nowhere" / "x.mp4", fade(2), 20)
