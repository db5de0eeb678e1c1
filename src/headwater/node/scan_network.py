"""The network of the detector while it learns, in PyTorch: imported by training alone.

Losses: cells by cross-entropy that looks hardest at what is still wrong (Lin et al., Focal loss, 2017), middles as points (Zhou et al.,
Objects as points, 2019).
"""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from headwater.engines.scan.classes import ITEMS
from headwater.node.scan_graph import LAYERS, Weights

COUNT: Final = len(ITEMS)
RARE: Final = -4.0
"""Log-odds at which every cell begins: nearly none holds anything."""
KEEP: Final = 0.995
"""How much of the running mean of the weights stays from step to step; the mean is what ships."""
STEEPEST: Final = 5.0
RATE: Final = 2.5e-3
"""Highest rate of AdamW, for what is no kernel; it rises over the first steps and falls on a straight line over the last."""
STRAIGHT_RATE: Final = 0.04
"""Highest rate of kernels, as a share of their length."""
LATER: Final = 0.5
"""Share of both rates for a network that has learned already."""
MOMENTUM: Final = 0.9
WARM: Final = 60
FALLING: Final = 0.5
"""Share of the steps, the last ones, over which rates fall to nothing."""
HALF: Final = True
"""Whether layers are reckoned with bfloat16."""


class Network(nn.Module):  # type: ignore[misc]  # PyTorch is not installed where types are checked
    """The layers of `scan_graph.LAYERS`, each but the last with batch normalisation."""

    def __init__(self) -> None:
        """Start from chance."""
        super().__init__()
        self.convolutions, self.norms = nn.ModuleDict(), nn.ModuleDict()
        for name, (given, made, side, stride) in LAYERS.items():
            last = name == "told"
            self.convolutions[name] = nn.Conv2d(given, made, side, stride, side // 2, bias=last)
            if not last:
                self.norms[name] = nn.BatchNorm2d(made, momentum=0.05)
        nn.init.constant_(self.convolutions["told"].bias, RARE)

    def _layer(self, name: str, x: torch.Tensor, *, bent: bool = True) -> torch.Tensor:
        x = self.norms[name](self.convolutions[name](x))
        return functional.relu(x) if bent else x

    def _twice(self, one: str, two: str, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self._layer(two, self._layer(one, x), bent=False))

    def forward(self, fine: torch.Tensor, middle: torch.Tensor) -> torch.Tensor:
        """Return log-odds of shares and of middles; the graph of `scan_graph.as_onnx` says the same."""
        x = self._twice("fine1a", "fine1b", self._layer("fine1", fine))
        x = torch.cat([self._layer("fine2", x), middle], 1)
        x = self._twice("join2a", "join2b", self._layer("join2", self._layer("join1", x)))
        kept = []
        for name in ("down1", "down2", "down3"):
            x = self._layer(name, x)
            x = self._twice(f"{name}c", f"{name}d", self._twice(f"{name}a", f"{name}b", x))
            kept.append(x)
        x = self._layer("up2", torch.cat([_larger(x), kept[1]], 1))
        x = self._twice("up2a", "up2b", x)
        x = self._layer("up1a", self._layer("up1", torch.cat([_larger(x), kept[0]], 1)))
        told: torch.Tensor = self.convolutions["told"](x)
        return told


def new_network() -> Network:
    """Return a network that knows nothing."""
    made: Network = Network().to(memory_format=torch.channels_last)
    return made


def losses(told: torch.Tensor, labels: torch.Tensor, near: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the answers about cells and about middles cost."""
    cells, middles = told[:, :COUNT], told[:, COUNT:]
    taught = (labels >= 0).float()[:, None]
    right = torch.stack([(labels == kind + 1).float() for kind in range(COUNT)], 1)
    share = torch.sigmoid(cells)
    surprise = functional.binary_cross_entropy_with_logits(cells, right, reduction="none")
    wrong = 1 - (share * right + (1 - share) * (1 - right))
    weight = torch.where(right > 0, 1.0, 0.5)
    cost = (weight * surprise * wrong**1.5 * taught).sum() / (right.sum() + 50)
    here = (near >= 0.999).float()  # noqa: PLR2004 - the very middle
    told_here = torch.sigmoid(middles)
    counted = torch.maximum(taught.expand_as(near), (near > 0).float())
    missed = -(functional.logsigmoid(middles) * (1 - told_here) ** 2 * here).sum()
    false = -(functional.logsigmoid(-middles) * told_here**2 * (1 - near) ** 4 * (1 - here) * counted).sum()
    return cost, (missed + false) / (here.sum() + 2)


class _Straight(torch.optim.Optimizer):  # type: ignore[misc]  # see Network
    """Steps of kernels made orthogonal, so that every direction of a kernel learns at one pace (Jordan and others, Muon, 2024)."""

    def __init__(self, kernels: list[torch.Tensor], lr: float) -> None:
        super().__init__(kernels, {"lr": lr})

    @torch.no_grad()  # type: ignore[untyped-decorator]  # see Network
    def step(self) -> None:
        """Take one step."""
        for group in self.param_groups:
            for kernel in group["params"]:
                slope = kernel.grad
                held = self.state[kernel].setdefault("held", torch.zeros_like(slope))
                held.lerp_(slope, 1 - MOMENTUM)
                way = _orthogonal(slope.lerp(held, MOMENTUM).flatten(1)).view_as(kernel)
                # A kernel's length says nothing before a normalisation: it is kept at one, and the step is a share of it.
                length = len(kernel) ** 0.5
                kernel.mul_(length / kernel.norm()).add_(way, alpha=-group["lr"])


def _orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix with all of its singular values near one, by five Newton-Schulz steps."""
    tall = len(matrix) > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-9)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x


class Step:
    """One step of training after the other; the running mean of the weights is what comes out."""

    def __init__(self, network: Network, steps: int, *, has_learned: bool = False) -> None:
        """Begin; there will be so many steps, shorter ones where the network has learned already."""
        self._network, self._steps, self.has_learned = network, steps, has_learned
        pace = LATER if has_learned else 1.0
        kernels = [one for name, one in network.named_parameters() if one.ndim > 2 and "told" not in name]  # noqa: PLR2004
        others = [one for name, one in network.named_parameters() if one.ndim <= 2 or "told" in name]  # noqa: PLR2004
        self._optimisers = (
            (_Straight(kernels, STRAIGHT_RATE), STRAIGHT_RATE * pace),
            (torch.optim.AdamW(others, lr=RATE, weight_decay=1e-4), RATE * pace),
        )
        self._mean = {name: value.clone() for name, value in network.state_dict().items()}

    def __call__(
        self, number: int, fine: NDArray[Any], middle: NDArray[Any], labels: NDArray[Any], near: NDArray[Any]
    ) -> float:
        """Learn from some crops, and return what their answers cost."""
        rise = min(1.0, (number + 1) / WARM)
        fall = min(1.0, (1.0 - number / self._steps) / FALLING)
        for optimiser, rate in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * rise * fall
            optimiser.zero_grad()
        self._network.train()
        given = torch.from_numpy(fine).to(memory_format=torch.channels_last)
        # Half the digits, twice the pace on processors that can; weights, losses and their means keep all digits.
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HALF):
            told = self._network(given, torch.from_numpy(middle))
        cells, middles = losses(told.float(), torch.from_numpy(labels), torch.from_numpy(near))
        cost = cells + middles
        cost.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), STEEPEST)
        for optimiser, _ in self._optimisers:
            optimiser.step()
        keep = min(KEEP, (1 + number) / (10 + number))
        for name, value in self._network.state_dict().items():
            if value.dtype.is_floating_point:
                self._mean[name].lerp_(value, 1 - keep)
            else:
                self._mean[name] = value.clone()
        return float(cost.detach())

    @torch.no_grad()  # type: ignore[untyped-decorator]  # see Network
    def answers(self, fine: NDArray[Any], middle: NDArray[Any]) -> NDArray[Any]:
        """Return what the mean of the weights says of one scan. Shape: -> (2 * classes, rows, columns)."""
        held = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self._mean)
        self._network.eval()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HALF):
            told = self._network(torch.from_numpy(fine)[None, None], torch.from_numpy(middle)[None])
        self._network.load_state_dict(held)
        made: NDArray[Any] = told[0].float().numpy()
        return made

    def weights(self) -> Weights:
        """Return kernel and bias of each layer, its normalisation taken into both."""
        return folded({name: value.numpy() for name, value in self._mean.items()})


@torch.no_grad()  # type: ignore[untyped-decorator]  # see Network
def take_over(network: Network, weights: Weights, crops: list[tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Give a network what another has learned; some crops tell the normalisations what their layers usually say."""
    for name, norm in network.norms.items():
        kernel, bias = (torch.from_numpy(np.asarray(one, np.float32)) for one in weights[name])
        drawn = network.convolutions[name].weight
        # Channels that the other lacks begin by chance and are heard by nobody; a second layer that it lacks begins silent.
        empty = kernel.flatten(1).norm(dim=1) == 0
        length = float(kernel.norm()) / max(int((~empty).sum()), 1) ** 0.5 or 1.0
        kernel[empty] = drawn[empty] / drawn[empty].flatten(1).norm(dim=1)[:, None, None, None] * length
        drawn.copy_(kernel / length)
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)
        norm.weight.fill_(0.0 if bool(empty.all()) and name.endswith("b") else length)
        norm.bias.copy_(bias)
    last = network.convolutions["told"]
    last.weight.copy_(torch.from_numpy(np.asarray(weights["told"][0], np.float32)))
    last.bias.copy_(torch.from_numpy(np.asarray(weights["told"][1], np.float32)))
    sums = {
        name: [torch.zeros(norm.num_features), torch.zeros(norm.num_features)] for name, norm in network.norms.items()
    }

    def heard(name: str) -> Any:  # noqa: ANN401 - a hook of PyTorch
        def hook(_: Any, __: Any, told: torch.Tensor) -> None:  # noqa: ANN401
            sums[name][0] += told.mean((0, 2, 3)) / len(crops)
            sums[name][1] += (told * told).mean((0, 2, 3)) / len(crops)

        return hook

    hooks = [network.convolutions[name].register_forward_hook(heard(name)) for name in sums]
    network.eval()
    for fine, middle in crops:
        network(torch.from_numpy(fine), torch.from_numpy(middle))
    for hook in hooks:
        hook.remove()
    for name, norm in network.norms.items():
        mean, square = sums[name]
        spread = (square - mean * mean).clamp_min(1e-6)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
        # The same answer as before: what is taken away is given back.
        norm.bias.add_(mean * norm.weight)
        norm.weight.mul_((spread + norm.eps).sqrt())


def folded(state: dict[str, NDArray[Any]]) -> Weights:
    """Return kernel and bias of each layer of a network's state, with its batch normalisation taken into both."""
    made = {}
    for name in LAYERS:
        kernel = state[f"convolutions.{name}.weight"].astype(np.float64)
        if name == "told":
            made[name] = (kernel, state[f"convolutions.{name}.bias"].astype(np.float64))
            continue
        mean, spread = state[f"norms.{name}.running_mean"], state[f"norms.{name}.running_var"]
        scale = state[f"norms.{name}.weight"] / np.sqrt(spread.astype(np.float64) + 1e-5)
        made[name] = (kernel * scale[:, None, None, None], state[f"norms.{name}.bias"] - mean * scale)
    return made


def _larger(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
