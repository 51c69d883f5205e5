"""A policy in an ONNX file, run by onnxruntime: somebody's file is looked through before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.deploy.about import PolicyAbout, parse_about
from armchair.reading.onnx_file import Played, check_onnx, parse_onnx

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

OBSERVATION, WEIGHTS, ACTION = "observation", "weights", "action"


class OnnxPolicy:
    """Observations (N, D) -> actions (N, A) in [-1, 1], by what is in a file."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidInput for a file that cannot be used, MissingDependency without the extra `onnx`."""
        try:
            found = parse_onnx(path)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from None
        self._path = path
        self.about = parse_about(found.texts, path)
        _check_ports(check_onnx(found), self.about, path)
        self.weights = dict(self.about.wishes)
        self._session = session_of(found.content, path)

    def weigh(self, given: Mapping[str, float]) -> None:
        """Act by these weights of wishes from now on; those that are not named stay."""
        self.weights |= given

    def __call__(self, obs: Tensor) -> Tensor:
        """The most likely actions. Raises InvalidInput where the environment observes something else."""
        width = len(self.about.observation)
        if obs.shape[-1] != width:
            raise InvalidInput(
                f"{self._path} sees {width} numbers, {self.about.task} under control {self.about.control} "
                f"shows {obs.shape[-1]}: export it anew"
            )
        feed: dict[str, NDArray[np.float32]] = {OBSERVATION: obs.numpy()}
        if self.about.asked:
            row = [self.weights[name] for name in self.about.asked]
            feed[WEIGHTS] = np.array([row] * len(obs), dtype=np.float32)
        (action,) = self._session.run([ACTION], feed)
        return torch.from_numpy(cast("NDArray[np.float32]", action).copy())


def session_of(content: bytes, where: Path) -> InferenceSession:
    """What runs the file, on one thread. Raises InvalidInput where onnxruntime cannot."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what it has to say is in its error
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own classes, which share no base but this one
        told = " ".join(str(error).split())[:200]
        raise InvalidInput(f"{where} cannot be played: {told}") from None


def _check_ports(found: Played, about: PolicyAbout, path: Path) -> None:
    """InvalidInput unless what comes in and goes out is what is said of it."""
    wanted = {OBSERVATION: len(about.observation)}
    if about.asked:
        wanted[WEIGHTS] = len(about.asked)
    for what, own, right in (
        ("inputs", found.inputs, wanted),
        ("outputs", found.outputs, {ACTION: len(about.action)}),
    ):
        if own != right:
            listed, expected = (
                ", ".join(f"{name[:40]} of {width}" for name, width in ports.items())
                for ports in (own, right)
            )
            raise InvalidInput(f"{path} has the {what} {listed}; by what it says they are {expected}")
