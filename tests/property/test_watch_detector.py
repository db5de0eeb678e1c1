"""The user's own detector behind the list of allowed classes, with a tiny made-up graph; motion on made-up pictures."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from headwater.engines.watch import MotionDetector
from headwater.errors import FormatError, NoBasisError, SchemaError
from headwater.node.watch_detector import ObjectDetector
from headwater.node.watch_tracks import track

pytest.importorskip("cv2")
pytest.importorskip("onnxruntime")


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def shaped(name: str, dims: tuple[int, ...]) -> bytes:
    shape = b"".join(part(1, number(1, dim)) for dim in dims)
    return part(1, name.encode()) + part(2, part(1, number(1, 1) + part(2, shape)))


def model(rows: list[list[float]], size: int = 32) -> bytes:
    """An ONNX graph that answers the same rows whatever it sees (ONNX IR, hand-written protobuf)."""
    raw = struct.pack(f"<{6 * len(rows)}f", *(value for row in rows for value in row))
    tensor = number(1, len(rows)) + number(1, 6) + number(2, 1) + part(9, raw)
    attribute = part(1, b"value") + part(5, tensor) + number(20, 4)
    node = part(2, b"y") + part(4, b"Constant") + part(5, attribute)
    graph = (
        part(1, node)
        + part(2, b"g")
        + part(11, shaped("x", (1, 3, size, size)))
        + part(12, shaped("y", (len(rows), 6)))
    )
    return number(1, 8) + part(7, graph) + part(8, number(2, 13))


def made(folder: Path, names: list[str], rows: list[list[float]]) -> tuple[Path, Path]:
    (folder / "m.onnx").write_bytes(model(rows))
    (folder / "c.json").write_text(json.dumps(names), encoding="utf-8")
    return folder / "m.onnx", folder / "c.json"


def test_boxes_of_allowed_classes_come_through_and_others_are_dropped(tmp_path: Path) -> None:
    rows = [[0, 0, 16, 16, 0.9, 0], [8, 8, 16, 16, 0.8, 1], [1, 1, 2, 2, 0.1, 0], [1, 1, 2, 2, 0.9, 7]]
    detector = ObjectDetector(*made(tmp_path, ["boat", "toaster"], [[float(v) for v in row] for row in rows]))
    boxes, kinds = detector.detect(np.zeros((64, 128, 3), np.uint8), 0.0)
    assert kinds == ["boat"]
    assert boxes.tolist() == [[0.0, 0.0, 64.0, 32.0, pytest.approx(0.9)]]


def test_a_model_of_faces_is_not_even_loaded(tmp_path: Path) -> None:
    with pytest.raises(NoBasisError):
        ObjectDetector(*made(tmp_path, ["boat", "face"], [[0.0] * 6]))


def test_bytes_that_are_no_model_are_refused(tmp_path: Path) -> None:
    _, classes = made(tmp_path, ["boat"], [[0.0] * 6])
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(FormatError):
        ObjectDetector(tmp_path / "bad.onnx", classes)


def moving(frame: int) -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]":
    draw = np.random.default_rng(frame)
    picture = draw.integers(90, 110, (240, 320, 3)).astype(np.uint8)
    x = 20 + 3 * frame
    picture[100:160, x : x + 24] = 220
    return picture


def test_what_moves_before_a_fixed_camera_is_found() -> None:
    detector = MotionDetector()
    found = [detector.detect(moving(k), k / 25) for k in range(60)]
    box = found[-1][0]
    assert box[:4] == pytest.approx([20 + 3 * 59, 100, 44 + 3 * 59, 160], abs=8)
    with pytest.raises(SchemaError):
        detector.detect(np.zeros((10, 10, 3), np.uint8), 0.0)


def test_a_video_becomes_tracks_and_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (320, 240))
    for k in range(70):
        writer.write(moving(k))
    writer.release()
    done = track("video", path, tmp_path / "t.txt", fps=25.0)
    assert (done.read, done.tracks >= 1) == (70, True)
    rows = (tmp_path / "t.txt").read_text(encoding="ascii").splitlines()
    assert all(len(row.split(",")) == 10 for row in rows)
    own = made(tmp_path, ["boat"], [[10.0, 10.0, 20.0, 25.0, 0.95, 0.0]])
    assert track("video", path, tmp_path / "o.jsonl", fps=25.0, model=own).tracks == 1
    (tmp_path / "none.avi").write_bytes(b"x" * 100)
    with pytest.raises(FormatError, match="without frames"):
        track("video", tmp_path / "none.avi", tmp_path / "n.txt", fps=25.0)
