"""Models of the scan room: the one that ships, and an agency's own, each behind its manifest.

A manifest stands beside the ONNX file as ``NAME.json``: channels, size of a pixel, classes, SHA-256, licence, data card. A model whose
bytes are not those of its manifest, that keeps weights in other files, that uses operators of another domain, or whose inputs
or outputs have another shape, is not run.
"""

import gzip
import re
import zlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan import site
from headwater.engines.scan.cells import CHANNELS
from headwater.engines.scan.classes import ITEMS
from headwater.engines.scan.detector import Detector, HeatMap, Look, Network
from headwater.errors import FormatError, LimitError, MissingExtraError, NoBasisError, SchemaError, SignatureError
from headwater.node.files import bytes_of, json_object
from headwater.node.onnx_runtime import onnx_runtime

Reals = NDArray[np.float32]
BUILTIN: Final = "builtin-5"
DATA: Final = Path(__file__).parent / "data" / "scan"
SCHEMA: Final = "headwater.scan.model/1"
OWN_KIND: Final = "two-grids"
"""Kind of the models that `headwater scan train` makes."""
MOST_BYTES: Final = 256 * 1024 * 1024
DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})
NEEDED: Final = ("id", "kind", "channels", "mm_per_px", "classes", "sha256", "licence", "data_card")
REFUSED: Final = re.compile(
    r"(?<![a-z])(fac(e|ial)|gait|iris|age|(fe)?male|child)(?![a-z])|biometr|gender|sex|ethnic|identit", re.IGNORECASE
)
OURS: Final = {"person": "person", "drugs": "drugs", "rifle": "rifle", "pistol": "pistol", "weapon": "rifle"}
"""Names of an agency's classes, and which of ours they are."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that may be run: its id, hash, detector, and what its own tuning says of clean scans."""

    id: str
    sha256: str
    detector: Detector
    base: site.Site
    manifest: dict[str, Any]


def load(name: str | None) -> Model:
    """Return a model: the one that ships by its id, another by the path of its ONNX file.

    Raises:
        FormatError: there is no such model, or it cannot be run.
        SchemaError: its manifest lacks a field, or the model has another shape.
        SignatureError: its bytes are not those that its manifest names.
        NoBasisError: a class of it speaks of faces, sex or age.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    path, manifest, data = read(name)
    digest = sha256(data).hexdigest()
    if path.parent != DATA:  # ours comes with the code that would look at it
        _check_graph(data, path.name)
    session = _session(data, path.name)
    detector = _network(session, path.name) if manifest["kind"] == OWN_KIND else _heat_map(session, manifest, path.name)
    return Model(str(manifest["id"]), digest, detector, _base(manifest, digest), manifest)


def read(name: str | None) -> tuple[Path, dict[str, Any], bytes]:
    """Return where a model lies, its manifest and its bytes, which are those that the manifest names.

    Raises:
        FormatError: there is no such model.
        SchemaError: its manifest lacks a field.
        SignatureError: its bytes are others.
    """
    ours = name in {None, BUILTIN}
    path = DATA / f"{BUILTIN}.onnx" if ours else Path(str(name))
    manifest = json_object(path.with_suffix(".json"))
    missing = [field for field in NEEDED if field not in manifest]
    if manifest.get("schema") != SCHEMA or missing:
        raise SchemaError(
            "a manifest without a field it needs", where=f"{path.with_suffix('.json').name}, {missing[:1] or 'schema'}"
        )
    # Ours is shipped pressed, a fifth as large.
    data = _unpressed(path.with_suffix(".onnx.gz")) if ours else bytes_of(path)
    if len(data) > MOST_BYTES:
        raise LimitError(f"a model over {MOST_BYTES} bytes", where=path.name)
    if sha256(data).hexdigest() != manifest["sha256"]:
        raise SignatureError("a model whose bytes are not those that its manifest names", where=path.name)
    return path, manifest, data


def _unpressed(path: Path) -> bytes:
    try:
        return gzip.decompress(bytes_of(path))
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError("a pressed model that cannot be read", where=path.name) from error


def _check_graph(data: bytes, file: str) -> None:
    """Refuse a graph that names other files or operators that are not the standard's."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "onnx") from error
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, TypeError) as error:
        raise FormatError("no ONNX model", where=file) from error
    if model.functions:
        raise SchemaError("a model that brings functions of its own", where=file)
    if any(one.domain not in DOMAINS for one in model.opset_import):
        raise SchemaError("a model that needs operators of another domain", where=file)
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        tensors = list(graph.initializer)
        for node in graph.node:
            if node.domain not in DOMAINS:
                raise SchemaError("a model with an operator of another domain", where=file)
            for attribute in node.attribute:
                graphs += [attribute.g, *attribute.graphs] if attribute.HasField("g") else list(attribute.graphs)
                tensors += [attribute.t, *attribute.tensors] if attribute.HasField("t") else list(attribute.tensors)
        if any(tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
            raise SchemaError("a model that keeps its weights in another file", where=file)


def _session(data: bytes, file: str) -> Any:  # noqa: ANN401 - onnxruntime's session
    onnxruntime = onnx_runtime("scan")
    state = onnxruntime.capi.onnxruntime_pybind11_state
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Kernels of 8 bits are made whole once, not at each look: only then are they laid out as the processor likes them.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    faults = (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
    )
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except faults as error:
        raise FormatError("an ONNX model that cannot be run", where=file) from error


def _network(session: Any, file: str) -> Network:  # noqa: ANN401
    given = {one.name: one.shape for one in session.get_inputs()}
    told = [one.shape for one in session.get_outputs()]
    channels = {name: shape[1] if len(shape) == 4 else None for name, shape in given.items()}  # noqa: PLR2004 - batch, channel, height, width
    if channels != {"fine": 1, "middle": CHANNELS} or len(told) != 1 or told[0][1:2] != [2 * len(ITEMS)]:
        raise SchemaError("a model with inputs or outputs of another shape", where=file)
    faults = _run_faults()

    def look(fine: Reals, middle: Reals) -> Reals:
        try:
            made = np.asarray(session.run(None, {"fine": fine, "middle": middle})[0], np.float32)
        except faults as error:
            raise FormatError("the model cannot be run on an image of this size", where=file) from error
        if (
            made.ndim != 4  # noqa: PLR2004 - batch, channel, height, width
            or made.shape[2:] != (middle.shape[2] // 2, middle.shape[3] // 2)
            or not np.isfinite(made).all()
        ):
            raise FormatError("the model answers in another shape than its manifest says", where=file)
        return made

    checked: Look = look
    return Network(checked)


def _heat_map(session: Any, manifest: dict[str, Any], file: str) -> HeatMap:  # noqa: ANN401
    if manifest["kind"] != "heat-map":
        raise SchemaError("a kind of model that is not run here", where=file, fix=f"use {OWN_KIND} or heat-map")
    names, size = manifest["classes"], manifest["mm_per_px"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise SchemaError("no list of classes", where=file)
    if any(REFUSED.search(name) for name in names):
        raise NoBasisError("a model that looks for faces, sex or age is not run", where=file)
    if manifest["channels"] != ["low", "high"] or not isinstance(size, int | float) or not 0.1 <= size <= 100:  # noqa: PLR2004 - mm
        raise SchemaError("channels or a size of a pixel that are not those of a scan", where=file)
    given, told = session.get_inputs(), session.get_outputs()
    if len(given) != 1 or len(told) != 1 or len(given[0].shape) != 4 or len(told[0].shape) != 4:  # noqa: PLR2004 - batch, channel, height, width
        raise SchemaError("a model with inputs or outputs of another shape", where=file)
    if given[0].shape[1] not in {2, None} and isinstance(given[0].shape[1], int):
        raise SchemaError("a model that wants another number of channels", where=file)
    faults = _run_faults()

    def run(image: Reals) -> Reals:
        try:
            return np.asarray(session.run(None, {given[0].name: image})[0], np.float32)
        except faults as error:
            raise FormatError("the model cannot be run on an image of this size", where=file) from error

    return HeatMap(run, float(size), tuple(ITEMS.index(OURS[name]) if name in OURS else -1 for name in names))


def _run_faults() -> tuple[type[Exception], ...]:
    state = onnx_runtime("scan").capi.onnxruntime_pybind11_state
    return (state.Fail, state.InvalidArgument, state.RuntimeException, state.NotImplemented)


def _base(manifest: dict[str, Any], digest: str) -> site.Site:
    """Return what the model's tuning says of clean scans; of an agency's model without any, a law that nothing was fitted to."""
    tuned = manifest.get("tuning")
    if isinstance(tuned, dict):
        return site.site_of({**tuned, "schema": site.SCHEMA, "model": digest, "own": False})
    laws = {name: site.Law(0.0, 1.0) for name in ITEMS}
    return site.Site(laws, (), {}, (), digest, own=False)
