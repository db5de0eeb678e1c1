"""The network while it learns: it needs PyTorch, which neither `make test` nor CI installs; where it is there, this runs."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

from headwater.engines.scan.cells import CELL, CHANNELS
from headwater.engines.scan.classes import ITEMS
from headwater.node.scan_graph import as_onnx, weights_of
from headwater.node.scan_model import read

pytestmark = [pytest.mark.slow, pytest.mark.train]


def crops(count: int, rows: int = 8, columns: int = 12) -> tuple[Any, Any]:
    """Both grids of something that looks like nothing."""
    draw = np.random.default_rng(count)
    fine = draw.gamma(2.0, 0.3, (count, 1, rows * CELL, columns * CELL)).astype(np.float32)
    return fine, draw.gamma(2.0, 0.3, (count, CHANNELS, rows * 2, columns * 2)).astype(np.float32)


@pytest.fixture
def taken_over() -> Any:
    """A network that has taken over the model that ships."""
    from headwater.node import scan_network

    made = scan_network.new_network()
    scan_network.take_over(made, weights_of(read(None)[2]), [crops(2), crops(3)])
    return made


def test_a_network_that_takes_over_answers_as_the_graph_did(taken_over: Any) -> None:
    import torch

    fine, middle = crops(1)
    before = onnxruntime.InferenceSession(read(None)[2]).run(None, {"fine": fine, "middle": middle})[0]
    taken_over.eval()
    with torch.no_grad():
        told = taken_over(torch.from_numpy(fine), torch.from_numpy(middle)).numpy()
    assert told == pytest.approx(before, abs=2e-2)


def test_what_goes_on_learns_and_what_comes_out_runs(taken_over: Any) -> None:
    from headwater.node import scan_network

    step = scan_network.Step(taken_over, 30, has_learned=True)
    fine, middle = crops(2)
    labels, near = np.zeros((2, 8, 12), np.int8), np.zeros((2, len(ITEMS), 8, 12), np.float32)
    labels[:, 2:5, 3:8] = 2
    near[:, 1, 3, 5] = 1.0
    costs = [step(number, fine, middle, labels, near) for number in range(30)]
    assert costs[-1] < 0.6 * costs[0]
    session = onnxruntime.InferenceSession(as_onnx(step.weights()))
    assert np.isfinite(session.run(None, {"fine": fine[:1], "middle": middle[:1]})[0]).all()
