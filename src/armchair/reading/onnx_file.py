"""An ONNX file by others, looked at before anything runs it: small layers in a row, whole, in one file.

The format can do much that no policy needs: point to other files, call functions of its own, loop, and make
arrays of any size of a few bytes. What is not on the list below is refused, and every array that the graph
would make for one row is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from armchair.errors import InvalidInput
from armchair.offers.extras import need
from armchair.reading.files import read_bytes
from armchair.reading.limits import NETWORK_SIZE, ONNX_BYTES, ONNX_NODES, TOLD_BYTES

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

FLOAT32 = 1  # TensorProto.FLOAT
EXTERNAL = 1  # TensorProto.EXTERNAL
# fmt: off
OPERATIONS = frozenset((
    "Abs", "Add", "Cast", "Celu", "Clip", "Concat", "Constant", "Div", "Elu", "Erf", "Exp", "Flatten",
    "Gelu", "Gemm", "HardSigmoid", "HardSwish", "Identity", "LayerNormalization", "LeakyRelu", "Log",
    "MatMul", "Max", "Min", "Mish", "Mul", "Neg", "Pow", "Reciprocal", "ReduceMean", "ReduceSum", "Relu",
    "Reshape", "Selu", "Sigmoid", "Slice", "Softmax", "Softplus", "Softsign", "Sqrt", "Squeeze", "Sub",
    "Tanh", "Transpose", "Unsqueeze",
))
# fmt: on
_DOMAINS = ("", "ai.onnx")


class OnnxFile(NamedTuple):
    """A file that has been parsed, and nothing more."""

    path: Path
    content: bytes
    model: ModelProto
    texts: dict[str, str]  # its metadata


class Played(NamedTuple):
    """What goes into a graph that may be run, and what comes out: float32 (rows, width) each."""

    inputs: dict[str, int]  # name -> width
    outputs: dict[str, int]  # the same


def parse_onnx(path: Path) -> OnnxFile:
    """Read a file. Raises InvalidInput for anything but ONNX, MissingDependency without the extra `onnx`,
    OSError where it cannot be opened.
    """
    need("onnx", path.name)
    content = read_bytes(path, ONNX_BYTES)
    model = _parsed(content, path)
    texts = {one.key: one.value for one in model.metadata_props if len(one.value) <= TOLD_BYTES}
    return OnnxFile(path, content, model, texts)


def check_onnx(file: OnnxFile) -> Played:
    """Look through a file before it is run. Raises InvalidInput for anything but a small network in it."""
    try:
        _check_parts(file.model)
        graph = file.model.graph
        played = Played(_ports(graph.input), _ports(graph.output))
        _check_sizes(file.model)
    except InvalidInput as error:
        raise InvalidInput(f"{file.path} cannot be played: {error}") from None
    return played


def _parsed(content: bytes, path: Path) -> ModelProto:
    from onnx import load_model_from_string

    try:
        model = load_model_from_string(content)
    except Exception:  # protobuf's own, whose module is not ours to import
        model = None
    if model is None or not model.graph.node:
        raise InvalidInput(f"{path} is no ONNX file: `armchair export RUN --policy FOLDER` writes one")
    return model


def _check_parts(model: ModelProto) -> None:
    graph = model.graph
    if model.functions or graph.sparse_initializer:
        raise InvalidInput("it has functions or sparse arrays of its own, plain layers are played")
    if len(graph.node) > ONNX_NODES:
        raise InvalidInput(f"it has {len(graph.node)} operations, at most {ONNX_NODES} are run")
    for one in model.opset_import:
        if one.domain not in _DOMAINS:
            raise InvalidInput(f"it needs operations of {one.domain[:80]!r}: those of ONNX itself are run")
    _check_whole(graph.initializer)
    for node in graph.node:
        _check_node(node)


def _check_node(node: NodeProto) -> None:
    if node.domain not in _DOMAINS or node.op_type not in OPERATIONS:
        name = node.op_type if node.domain in _DOMAINS else f"{node.domain}.{node.op_type}"
        raise InvalidInput(f"it has the operation {name[:80]!r}, which no policy needs")
    for attribute in node.attribute:
        if attribute.HasField("g") or attribute.graphs or attribute.HasField("sparse_tensor"):
            raise InvalidInput("it has graphs inside its graph, plain layers are played")
        _check_whole([*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors])


def _check_whole(tensors: Iterable[TensorProto]) -> None:
    """InvalidInput unless all the numbers are in the file itself."""
    for tensor in tensors:
        if tensor.data_location == EXTERNAL or tensor.external_data:
            raise InvalidInput(
                "its numbers are in other files: write it with external_data=False, and pass one file on"
            )
        if not _size(tensor.dims) <= NETWORK_SIZE:
            raise InvalidInput(f"{tensor.name[:80]!r} has the shape {list(tensor.dims)[:8]}: it is too large")


def _ports(ports: Iterable[ValueInfoProto]) -> dict[str, int]:
    """The widths of inputs or outputs (rows, width)."""
    found: dict[str, int] = {}
    for port in ports:
        kind = port.type.tensor_type
        dims = kind.shape.dim
        if kind.elem_type != FLOAT32 or len(dims) != 2 or dims[1].dim_value < 1:
            shape = [one.dim_value or one.dim_param or "?" for one in dims][:8]
            raise InvalidInput(f"{port.name[:80]!r} must be float32 (rows, width), it has the shape {shape}")
        if dims[0].dim_value > 1:
            raise InvalidInput(
                f"{port.name[:80]!r} takes {dims[0].dim_value} rows at a time: export it for any number"
            )
        found[port.name] = dims[1].dim_value
    return found


def _check_sizes(model: ModelProto) -> None:
    """InvalidInput unless the shape of every array is known before for one row, and none is huge."""
    from onnx import ModelProto as Model
    from onnx.shape_inference import InferenceError, infer_shapes

    one_row = Model()
    one_row.CopyFrom(model)
    for port in (*one_row.graph.input, *one_row.graph.output):
        port.type.tensor_type.shape.dim[0].dim_value = 1
    del one_row.graph.value_info[:]  # what others say of it
    try:
        known = infer_shapes(one_row, check_type=True, strict_mode=True, data_prop=True).graph
    except (InferenceError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"its shapes do not fit: {' '.join(str(error).split())[:200]}") from None
    shapes = {
        info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        for info in (*known.value_info, *known.output)
        if info.type.tensor_type.HasField("shape")
    }
    for node in known.node:
        for name in filter(None, node.output):
            shape = shapes.get(name)
            if shape is None or not all(shape) or not _size(shape) <= NETWORK_SIZE:
                told = f"{name[:80]!r} would have the shape {str(shape)[:80]}"
                raise InvalidInput(f"{told}: unknown, or too large")


def _size(shape: Iterable[int]) -> int:
    dims = list(shape)
    return math.prod(dims) if all(dim >= 0 for dim in dims) else NETWORK_SIZE + 1
