"""The network of the detector as one ONNX graph: its layers are named here once, for the graph and for training alike."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.cells import CHANNELS
from headwater.engines.scan.classes import ITEMS
from headwater.errors import MissingExtraError, SchemaError

Weights = Mapping[str, tuple[NDArray[Any], NDArray[Any]]]
"""Kernel and bias of each layer."""

LAYERS: Final[Mapping[str, tuple[int, int, int, int]]] = {
    # name: channels in, channels out, side of the kernel, stride
    "fine1": (1, 16, 5, 2), "fine1a": (16, 16, 3, 1), "fine1b": (16, 16, 3, 1), "fine2": (16, 24, 3, 2),
    "join1": (24 + CHANNELS, 32, 3, 1), "join2": (32, 32, 3, 1), "join2a": (32, 32, 3, 1), "join2b": (32, 32, 3, 1),
    "down1": (32, 48, 3, 2), "down1a": (48, 48, 3, 1), "down1b": (48, 48, 3, 1), "down1c": (48, 48, 3, 1), "down1d": (48, 48, 3, 1),
    "down2": (48, 80, 3, 2), "down2a": (80, 80, 3, 1), "down2b": (80, 80, 3, 1), "down2c": (80, 80, 3, 1), "down2d": (80, 80, 3, 1),
    "down3": (80, 96, 3, 2), "down3a": (96, 96, 3, 1), "down3b": (96, 96, 3, 1), "down3c": (96, 96, 3, 1), "down3d": (96, 96, 3, 1),
    "up2": (176, 80, 3, 1), "up2a": (80, 80, 3, 1), "up2b": (80, 80, 3, 1), "up1": (128, 48, 3, 1), "up1a": (48, 48, 3, 1),
    "told": (48, 2 * len(ITEMS), 1, 1),
}  # fmt: skip
GREW: Final = frozenset({"fine1a", "fine1b", "join2a", "join2b"})
"""Layers that models before decision 0044 lack: two that are added to what they are given, so that nought changes nothing."""
OPSET: Final = 17
_MOST: Final = 127


def as_onnx(weights: Weights) -> bytes:
    """Return the graph: inputs ``fine`` and ``middle``, output ``log_odds`` of shares, then of middles.

    Args:
        weights: of every one of `LAYERS`; kernels are written with 8 bits each and a scale for each channel out, biases with 16.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "onnx") from error
    made = _Graph(helper, TensorProto, weights)
    x = made.twice("fine1a", "fine1b", made.layer("fine1", "fine"))
    x = made.layer("join2", made.layer("join1", made.join(made.layer("fine2", x), "middle")))
    x = made.twice("join2a", "join2b", x)
    kept = []
    for name in ("down1", "down2", "down3"):
        x = made.layer(name, x)
        x = made.twice(f"{name}a", f"{name}b", x)
        x = made.twice(f"{name}c", f"{name}d", x)
        kept.append(x)
    x = made.twice("up2a", "up2b", made.layer("up2", made.join(made.larger(x), kept[1])))
    x = made.layer("up1a", made.layer("up1", made.join(made.larger(x), kept[0])))
    made.layer("told", x, out="log_odds")
    sizes = {"fine": ("h", "w", 1), "middle": ("h2", "w2", CHANNELS)}
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, tall, wide])
        for name, (tall, wide, channels) in sizes.items()
    ]
    output = helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, [1, 2 * len(ITEMS), "rows", "columns"])
    graph = helper.make_graph(made.nodes, "headwater-two-grids", inputs, [output], made.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="headwater"
    )
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def weights_of(data: bytes) -> Weights:
    """Return the kernels and biases that such a graph holds; nought for channels and second blocks that a smaller one lacks.

    Raises:
        SchemaError: it is none of these graphs.
    """
    import onnx
    from onnx import numpy_helper

    held = {one.name: numpy_helper.to_array(one) for one in onnx.load_model_from_string(data).graph.initializer}
    made = {}
    for name, (given, out, side, _) in LAYERS.items():
        kernel, added = np.zeros((out, given, side, side)), np.zeros(out)
        short, scale, bias = (held.get(f"{name}.{end}") for end in ("kernel8", "kernel.scale", "bias16"))
        if short is None or scale is None or bias is None:
            if name not in GREW:
                raise SchemaError("a model of other layers than those that are trained here", where=name)
        elif short.shape[2:] != (side, side) or short.shape[0] > out or short.shape[1] > given:
            raise SchemaError("a model of larger layers than those that are trained here", where=name)
        else:
            kernel[: len(short), : short.shape[1]] = short * scale[:, None, None, None].astype(np.float64)
            added[: len(short)] = bias
        made[name] = (kernel, added)
    return made


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self, helper: Any, kinds: Any, weights: Weights) -> None:  # noqa: ANN401 - parts of onnx
        self._helper, self._kinds, self._weights = helper, kinds, weights
        self.nodes: list[Any] = []
        self.constants = [helper.make_tensor("twofold", kinds.FLOAT, [4], [1.0, 1.0, 2.0, 2.0])]

    def _node(self, kind: str, inputs: list[str], out: str | None = None, **how: Any) -> str:  # noqa: ANN401
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(kind, inputs, [out], **how))
        return out

    def _kernel(self, name: str, value: NDArray[Any]) -> str:
        """Add a kernel of whole numbers from -127 to 127, and what each channel's are to be multiplied with."""
        largest = np.abs(value).max(axis=(1, 2, 3))
        scale = np.where(largest > 0, largest / _MOST, 1.0).astype(np.float32)
        short = np.clip(np.rint(value / scale[:, None, None, None]), -_MOST, _MOST).astype(np.int8)
        for end, kind, data in (("8", self._kinds.INT8, short), (".scale", self._kinds.FLOAT, scale)):
            self.constants.append(self._helper.make_tensor(name + end, kind, data.shape, data.tobytes(), raw=True))
        return self._node("DequantizeLinear", [f"{name}8", f"{name}.scale"], name, axis=0)

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        short = np.ascontiguousarray(value, np.float16)
        self.constants.append(
            self._helper.make_tensor(f"{name}16", self._kinds.FLOAT16, short.shape, short.tobytes(), raw=True)
        )
        return self._node("Cast", [f"{name}16"], name, to=self._kinds.FLOAT)

    def layer(self, name: str, given: str, *, out: str | None = None, bent: bool = True) -> str:
        """Add a convolution, bent at nothing (ReLU) unless it is the last."""
        _, _, side, stride = LAYERS[name]
        kernel, bias = self._weights[name]
        inputs = [given, self._kernel(f"{name}.kernel", kernel), self._constant(f"{name}.bias", bias)]
        last = out is not None
        x = self._node("Conv", inputs, out, kernel_shape=[side] * 2, strides=[stride] * 2, pads=[side // 2] * 4)
        return x if last or not bent else self._node("Relu", [x])

    def twice(self, one: str, two: str, given: str) -> str:
        """Add two convolutions whose answer is added to what they were given (a residual block)."""
        return self._node("Relu", [self._node("Add", [given, self.layer(two, self.layer(one, given), bent=False)])])

    def join(self, one: str, two: str) -> str:
        """Lay the channels of two grids on each other."""
        return self._node("Concat", [one, two], axis=1)

    def larger(self, given: str) -> str:
        """Make each cell four."""
        return self._node(
            "Resize", [given, "", "twofold"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )  # fmt: skip
