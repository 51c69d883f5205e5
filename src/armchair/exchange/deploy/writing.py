"""Modules into files: ONNX as one file, `.pt2`, safetensors; each with what is said of it inside."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save
from torch import nn

from armchair.exchange.deploy.modules import PolicyModule, Ports
from armchair.offers.extras import need
from armchair.runs.files import write_atomic

if TYPE_CHECKING:
    from torch.export import ExportedProgram

_LOGGERS = ("torch.onnx._internal.exporter._registration", "torch.export", "onnxscript", "onnx_ir")


def program_of(module: nn.Module, ports: Ports) -> ExportedProgram:
    """The module as a graph, for any number of rows."""
    rows = torch.export.Dim("rows")
    shapes = tuple({0: rows} for _ in ports.inputs)
    with _quietly(), torch.no_grad():
        program = torch.export.export(module.eval(), ports.examples(), dynamic_shapes=shapes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it has paths of this machine
    return program


def write_onnx(program: ExportedProgram, ports: Ports, texts: Mapping[str, str], file: Path) -> None:
    """Write one file, weights and metadata inside, without a trace of where it was made.

    Raises MissingDependency without the extra `onnx`.
    """
    need("onnx", file.name)
    with _quietly():
        made = torch.onnx.export(
            program,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=list(ports.inputs),
            output_names=list(ports.outputs),
        )
    assert made is not None, "the exporter returns a program"
    model = made.model_proto
    model.doc_string = ""
    graph = model.graph
    for part in (
        model,
        graph,
        *graph.node,
        *graph.input,
        *graph.output,
        *graph.value_info,
        *graph.initializer,
    ):
        del part.metadata_props[:]  # of the exporter: traces with paths of this machine
        part.doc_string = ""
    model.producer_name, model.producer_version = "armchair", ""
    for key, text in texts.items():
        model.metadata_props.add(key=key, value=text)
    write_atomic(file, model.SerializeToString())


def write_pt2(program: ExportedProgram, texts: Mapping[str, str], file: Path) -> None:
    """Write a `.pt2`, which `torch.export.load` reads; what is said of it are its extra files."""
    content = io.BytesIO()
    with _quietly():
        torch.export.save(program, content, extra_files=dict(texts))
    write_atomic(file, content.getvalue())


def write_tensors(module: PolicyModule, texts: Mapping[str, str], file: Path) -> None:
    """Write what the policy computes with, and nothing of the critic or of an optimiser."""
    tensors = {name: tensor.contiguous() for name, tensor in module.tensors().items()}
    write_atomic(file, save(tensors, dict(texts)))


@contextlib.contextmanager
def _quietly() -> Generator[None]:
    """Keep back what exporters print of their own business."""
    found = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in found]
    for logger in found:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(found, before, strict=True):
            logger.setLevel(level)
