"""The user's own detector, as an ONNX model, behind the list of allowed classes.

The model takes one picture, ``float32 [1, 3, height, width]`` in RGB from 0 to 1, and gives ``[n, 6]``: x1 y1 x2 y2 (pixels of
that picture), score, number of the class. A file beside it names the classes, in order. A name that is not on the list of
allowed classes is dropped box by box; one that speaks of faces, plates or biometrics refuses the whole model.
"""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import FormatError, MissingExtraError, NoBasisError, SchemaError
from headwater.formats.safe import parse_json
from headwater.formats.sapient_kinds import KINDS
from headwater.model.detections import CLASSES
from headwater.node.files import bytes_of
from headwater.node.onnx_runtime import onnx_runtime

Floats = NDArray[np.float64]
REFUSED: Final = re.compile(
    r"(?<![a-z])(fac(e|ial)|re-?id|gait|iris|age|(fe)?male)(?![a-z])|plate|biometr|gender|sex|ethnic", re.IGNORECASE
)
COLUMNS: Final = 6
MOST_BOXES: Final = 10_000
LEAST_SCORE: Final = 0.3


class ObjectDetector:
    """Finds objects in pictures with the user's model.

    Attributes:
        kinds: the allowed class of each of the model's classes; None where it is dropped.
    """

    def __init__(self, model: Path, classes: Path) -> None:
        """Load the model and its classes.

        Raises:
            MissingExtraError: onnxruntime or OpenCV is not installed.
            FormatError: it is no such model.
            NoBasisError: a class of the model speaks of faces, plates or biometrics.
        """
        onnxruntime = onnx_runtime("detect")
        state = onnxruntime.capi.onnxruntime_pybind11_state
        self.kinds = allowed_kinds(parse_json(bytes_of(classes), where=classes.name))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                bytes_of(model), options, providers=["CPUExecutionProvider"]
            )
        except (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf) as error:
            raise FormatError("no ONNX model that can be run", where=model.name) from error
        given = self._session.get_inputs()
        if len(given) != 1 or len(given[0].shape) != 4:  # noqa: PLR2004 - batch, colour, height, width
            raise FormatError("a model without one picture as its input", where=model.name)
        self._name = given[0].name
        self._size = tuple(side if isinstance(side, int) else 640 for side in given[0].shape[2:])

    def detect(self, frame: NDArray[np.uint8], time_s: float) -> tuple[Floats, list[str]]:  # noqa: ARG002 - the seam of detectors
        """Return the boxes of a frame whose class is allowed, and their classes.

        Shape: (height, width, 3) -> (n, 5) x1 y1 x2 y2 score.

        Raises:
            FormatError: the model answers in another shape than it should.
        """
        try:
            import cv2
        except ModuleNotFoundError as error:
            raise MissingExtraError("video", error.name or "cv2") from error
        height, width = self._size
        small = cv2.resize(frame, (width, height))[:, :, ::-1].astype(np.float32) / 255.0
        answer = np.asarray(self._session.run(None, {self._name: small.transpose(2, 0, 1)[None]})[0], np.float64)
        answer = answer.reshape(-1, COLUMNS) if answer.size % COLUMNS == 0 else answer
        if answer.ndim != 2 or answer.shape[1] != COLUMNS or len(answer) > MOST_BOXES or not np.isfinite(answer).all():  # noqa: PLR2004
            raise FormatError("the model does not answer with rows of six numbers", where="model")
        scale = np.array([frame.shape[1] / width, frame.shape[0] / height] * 2)
        boxes, kinds = [], []
        for row in answer:
            number = int(row[5])
            kind = self.kinds[number] if 0 <= number < len(self.kinds) else None
            if kind is not None and row[4] >= LEAST_SCORE:
                boxes.append([*(row[:4] * scale), min(float(row[4]), 1.0)])
                kinds.append(kind)
        return np.array(boxes).reshape(-1, 5), kinds


def allowed_kinds(given: object) -> list[str | None]:
    """Return the allowed class of each of a model's classes, None where there is none.

    Raises:
        SchemaError: it is no list of names.
        NoBasisError: a name speaks of faces, plates or biometrics.
    """
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise SchemaError("not a list of names of classes", where="classes")
    for name in given:
        if REFUSED.search(name):
            raise NoBasisError("a model that finds faces, plates or biometrics is not run", where="classes")
    return [name if name in CLASSES else KINDS.get(name.lower()) for name in given]
