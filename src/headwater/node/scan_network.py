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
KEEP: Final = 0.99
"""How much of the running mean of the weights stays from step to step; the mean is what ships."""
STEEPEST: Final = 5.0


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
        x = torch.cat([self._layer("fine2", self._layer("fine1", fine)), middle], 1)
        x = self._layer("join2", self._layer("join1", x))
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


class _Step:
    """One step of training after the other."""

    def __init__(self, network: Network, rate: float, warm: int, steps: int) -> None:
        self._network, self._rate, self._warm, self._steps = network, rate, warm, steps
        self._optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-4)
        self._mean = {name: value.clone() for name, value in network.state_dict().items()}

    def __call__(
        self, number: int, fine: NDArray[Any], middle: NDArray[Any], labels: NDArray[Any], near: NDArray[Any]
    ) -> None:
        """Learn from some crops."""
        rise, fall = min(1.0, (number + 1) / self._warm), 0.5 * (1 + np.cos(np.pi * number / self._steps))
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * rise * (fall * 0.98 + 0.02)
        self._network.train()
        given = torch.from_numpy(fine).to(memory_format=torch.channels_last)
        told = self._network(given, torch.from_numpy(middle))
        cells, middles = losses(told, torch.from_numpy(labels), torch.from_numpy(near))
        self._optimiser.zero_grad()
        (cells + middles).backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), STEEPEST)
        self._optimiser.step()
        keep = min(KEEP, (1 + number) / (10 + number))
        for name, value in self._network.state_dict().items():
            if value.dtype.is_floating_point:
                self._mean[name].mul_(keep).add_(value, alpha=1 - keep)
            else:
                self._mean[name] = value.clone()

    def weights(self) -> Weights:
        """Return kernel and bias of each layer, its normalisation taken into both."""
        return folded({name: value.numpy() for name, value in self._mean.items()})


def step_of(network: Network, rate: float, warm: int, steps: int) -> _Step:
    """Return what takes one step of training.

    Args:
        network: what learns.
        rate: the highest learning rate; it rises over the first steps and falls to a fiftieth.
        warm: steps over which it rises.
        steps: how many there will be.
    """
    return _Step(network, rate, warm, steps)


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
