"""Other people's engines, by name; each is opened only when asked for, and says in one sentence what it lacks."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from drop_clip_ros.benchmarking.contestants import Cloud, backbone_state
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.network import StudentNetwork

PEERS = ("minkowski", "spconv", "spconv-triton", "warpconvnet")


class Peer(Protocol):
    """Another engine with a network and a cloud, ready to run.

    Attributes:
        name, version: of the package.
        precision: that it computes in.
    """

    name: str
    version: str
    precision: str

    def __call__(self) -> float:
        """Run once, kernel maps included; milliseconds."""
        ...

    def rows(self) -> np.ndarray | None:
        """(n, width) float32 backbone rows; None where it has weights of its own."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


def check_peer(name: str, device: str) -> None:
    """Refuse a peer that is unknown or of another device, before anything is made for it.

    Raises:
        ConfigError: see above.
    """
    if name not in PEERS:
        raise ConfigError(f"peer is {name!r}, wanted one of {', '.join(PEERS)}")
    if name == "minkowski" and device != "cpu":
        raise ConfigError("peer minkowski is measured on the CPU alone, wanted --device cpu")
    if name != "minkowski" and device != "cuda":
        raise ConfigError(f"peer {name} runs on CUDA alone, and the device is {device}: wanted --device cuda")


def open_peer(name: str, network: StudentNetwork, cloud: Cloud, device: str, threads: int) -> Peer:
    """A peer for a network and a cloud.

    Args:
        name: one of `PEERS`.
        network: on the CPU.
        cloud: see there.
        device: "cpu" or "cuda".
        threads: of a peer on the CPU.

    Raises:
        ConfigError: an unknown name, or a peer of the other device.
        MissingDependencyError: its package is not installed; the message says how to get it.
    """
    check_peer(name, device)
    architecture = network.net3d.architecture
    if name == "minkowski":
        from drop_clip_ros.benchmarking.minkowski_peer import MinkowskiPeer

        return MinkowskiPeer(architecture, backbone_state(network), cloud.coordinates, cloud.features, threads)
    from drop_clip_ros.benchmarking.cuda_peers import SpconvPeer, WarpConvNetPeer

    kind = WarpConvNetPeer if name == "warpconvnet" else SpconvPeer
    return kind(name, architecture, cloud.coordinates, cloud.features)
