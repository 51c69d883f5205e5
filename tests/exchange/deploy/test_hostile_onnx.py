"""Files that others made: each is refused in a line that says what would have been right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from armchair.agents.networks import ActorCritic
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.exchange.deploy.about import KEY
from armchair.exchange.deploy.describe import about_of
from armchair.exchange.deploy.modules import PolicyModule, policy_ports
from armchair.exchange.deploy.playing import OnnxPolicy
from armchair.exchange.deploy.writing import program_of, write_onnx
from armchair.reading import onnx_file

Change = Callable[[onnx.ModelProto], None]


@pytest.fixture(scope="module")
def good(make_net: Callable[..., ActorCritic], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    net = make_net(15, 4)
    ports, file = policy_ports(net), tmp_path_factory.mktemp("good") / "policy.onnx"
    texts = about_of(resolve_task("reach"), EnvConfig(), 0).texts()
    write_onnx(program_of(PolicyModule(net), ports), ports, texts, file)
    return file.read_bytes()


def told(model: onnx.ModelProto, **changes: object) -> None:
    """Have a model say something else of itself."""
    for one in model.metadata_props:
        if one.key == KEY:
            one.value = json.dumps({**json.loads(one.value), **changes})


def silent(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def garbled(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value="[" * 100_000)


def external(model: onnx.ModelProto) -> None:
    first = model.graph.initializer[0]
    first.data_location = TensorProto.EXTERNAL
    first.external_data.add(key="location", value="/etc/passwd")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(4, dtype=np.float32), "far")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["far"], value=tensor))


def looping(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    node = helper.make_node("Identity", ["observation"], ["again"], body=body)
    model.graph.node.insert(0, node)


def growing(model: onnx.ModelProto) -> None:
    """(1, 2²⁰) by (2²⁰, 1): small to write, 4 TB to make."""
    for name, shape in (("tall", (2**18, 1)), ("wide", (1, 2**18))):
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, dtype=np.float32), name))
    model.graph.node.insert(0, helper.make_node("MatMul", ["tall", "wide"], ["square"]))


def unknown_shape(model: onnx.ModelProto) -> None:
    model.graph.node.insert(0, helper.make_node("Constant", [], ["shape"], value_ints=[-1]))
    model.graph.node.insert(1, helper.make_node("Cast", ["observation"], ["whole"], to=TensorProto.INT64))
    model.graph.node.insert(2, helper.make_node("Reshape", ["whole", "shape"], ["flat"]))
    model.graph.node.insert(3, helper.make_node("Reshape", ["observation", "flat"], ["any"]))


def of_its_own(model: onnx.ModelProto) -> None:
    model.opset_import.add(domain="com.example", version=1)


def calling(model: onnx.ModelProto) -> None:
    model.graph.node.insert(0, helper.make_node("Expand", ["observation", "x"], ["y"]))


def of_doubles(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def of_one_row(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 7


def unlike(model: onnx.ModelProto) -> None:
    dims = model.graph.input[0].type.tensor_type.shape.dim
    dims[1].dim_value = 14


CASES: dict[str, tuple[Change, str]] = {
    "says nothing": (
        silent,
        "no metadata 'armchair', as files of `armchair export RUN --policy FOLDER` have",
    ),
    "says too much": (garbled, "lists or sections inside each other|lists and objects|not JSON"),
    "another format": (lambda m: told(m, format="x"), "is no policy, it holds 'x'"),
    "a bad rate": (lambda m: told(m, rate=0), "rate: Input should be greater than 0"),
    "no observation": (lambda m: told(m, observation=[]), "observation: Tuple should have at least 1 item"),
    "weights of nothing": (lambda m: told(m, weights="input"), "weights are an input, and no wish is named"),
    "an unknown control": (lambda m: told(m, control="mind"), "control: Input should be 'tool' or 'joint'"),
    "other widths": (
        lambda m: told(m, action=[{"name": "a"}]),
        "has the outputs action of 4; by what it says they are action of 1",
    ),
    "external data": (external, "its numbers are in other files"),
    "an external constant": (external_constant, "its numbers are in other files"),
    "a graph inside": (looping, "graphs inside its graph"),
    "a huge product": (growing, "'square' would have the shape .262144, 262144.: unknown, or too large"),
    "an unknown shape": (unknown_shape, "unknown, or too large|do not fit"),
    "another domain": (of_its_own, "operations of 'com.example'"),
    "another operation": (calling, "has the operation 'Expand', which no policy needs"),
    "doubles": (of_doubles, "'observation' must be float32"),
    "seven rows": (of_one_row, "takes 7 rows at a time"),
    "shapes that do not fit": (unlike, "its shapes do not fit|has the inputs observation of 14"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_is_refused_in_one_line(good: bytes, name: str, tmp_path: Path) -> None:
    change, right = CASES[name]
    model, file = onnx.load_model_from_string(good), tmp_path / "bad.onnx"
    change(model)
    file.write_bytes(model.SerializeToString())
    with pytest.raises(InvalidInput, match=right) as error:
        OnnxPolicy(file)
    assert str(file) in str(error.value) and "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_what_is_no_onnx_or_too_large(good: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"", b"not onnx", good[: len(good) // 2], bytes(range(256)) * 40):
        (tmp_path / "bad.onnx").write_bytes(content)
        with pytest.raises(InvalidInput, match="is no ONNX file"):
            OnnxPolicy(tmp_path / "bad.onnx")
    monkeypatch.setattr(onnx_file, "ONNX_BYTES", 1000)
    (tmp_path / "bad.onnx").write_bytes(good)
    with pytest.raises(InvalidInput, match=f"has {len(good)} bytes, at most 1000 are read"):
        OnnxPolicy(tmp_path / "bad.onnx")
    with pytest.raises(InvalidInput, match="is no regular file"):
        OnnxPolicy(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        OnnxPolicy(tmp_path / "none.onnx")


def test_a_file_with_bytes_that_differ_plays_or_is_refused_in_a_line(good: bytes, tmp_path: Path) -> None:
    rng, file, refused = np.random.default_rng(0), tmp_path / "bad.onnx", 0
    for _ in range(150):
        content = np.frombuffer(good, dtype=np.uint8).copy()
        graph = len(content) - len(content) // 8  # where names and shapes are, rather than numbers
        places = rng.integers(0, len(content) if rng.random() < 0.3 else 2000, size=rng.integers(1, 6))
        content[places] = rng.integers(0, 256, size=len(places))
        content[graph:][rng.integers(0, len(content) - graph, size=2)] ^= 1
        file.write_bytes(content.tobytes())
        try:
            OnnxPolicy(file)
        except InvalidInput as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 50


def test_a_policy_of_others_plays_too(tmp_path: Path) -> None:
    """Made by another exporter, with tanh layers, and what is to be known of it."""
    rng = np.random.default_rng(0)
    shapes = {"w": (15, 8), "b": (8,), "v": (8, 4), "c": (4,)}
    numbers = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Gemm", ["observation", "w", "b"], ["h"]),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("Gemm", ["t", "v", "c"], ["u"]),
        helper.make_node("Tanh", ["u"], ["action"]),
    ]
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])]
        for name, width in (("observation", 15), ("action", 4))
    ]
    arrays = [numpy_helper.from_array(value, name) for name, value in numbers.items()]
    model = helper.make_model(helper.make_graph(nodes, "policy", *ports, arrays))
    model.opset_import[0].version, model.ir_version = 18, 9
    for key, text in about_of(resolve_task("reach"), EnvConfig(), 0).texts().items():
        model.metadata_props.add(key=key, value=text)
    (tmp_path / "others.onnx").write_bytes(model.SerializeToString())
    policy, obs = OnnxPolicy(tmp_path / "others.onnx"), rng.normal(size=(5, 15)).astype(np.float32)
    wanted = np.tanh(np.tanh(obs @ numbers["w"] + numbers["b"]) @ numbers["v"] + numbers["c"])
    import torch

    np.testing.assert_allclose(policy(torch.from_numpy(obs)).numpy(), wanted, atol=1e-5)
    with pytest.raises(
        InvalidInput, match="sees 15 numbers, reach under control tool shows 12: export it anew"
    ):
        policy(torch.zeros(1, 12))
