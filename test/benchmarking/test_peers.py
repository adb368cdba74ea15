"""Peers: found, or refused in one sentence that says what to do."""

import sys

import numpy as np
import pytest

from drop_clip_ros.benchmarking import cuda_peers, minkowski_peer
from drop_clip_ros.benchmarking.contestants import backbone_state, open_engines
from drop_clip_ros.benchmarking.peers import open_peer
from drop_clip_ros.errors import ConfigError, MissingDependencyError


@pytest.mark.parametrize(
    ("name", "device", "wanted"),
    [
        ("spconv", "cpu", "spconv runs on CUDA alone, .* wanted --device cuda"),
        ("warpconvnet", "cpu", "warpconvnet runs on CUDA alone"),
        ("minkowski", "cuda", "minkowski is measured on the CPU alone"),
        ("torchsparse", "cpu", "wanted one of minkowski, spconv"),
    ],
)
def test_a_peer_of_another_device_or_none_is_refused(network, cloud, name, device, wanted):
    with pytest.raises(ConfigError, match=wanted):
        open_peer(name, network, cloud, device, 1)


@pytest.mark.parametrize("name", ["spconv", "spconv-triton", "warpconvnet"])
def test_a_cuda_peer_that_is_not_installed_gives_its_pip_line(monkeypatch, name):
    monkeypatch.setitem(sys.modules, cuda_peers._MODULES[name][0].split(".")[0], None)
    with pytest.raises(MissingDependencyError, match=f"peer {name} cannot be imported .* pip install"):
        cuda_peers.import_peer(name)


def test_minkowski_that_is_not_installed_says_where_to_read_how(network, cloud, monkeypatch):
    monkeypatch.setattr(minkowski_peer.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"MinkowskiEngine cannot be imported: .* docs/performance.md"):
        open_peer("minkowski", network, cloud, "cpu", 1)


def test_minkowski_in_its_process_answers_as_the_plain_network_does(network, cloud):
    pytest.importorskip("MinkowskiEngine", reason="MinkowskiEngine is not installed; it has to be built from source")
    peer = minkowski_peer.MinkowskiPeer(
        "MinkUNet14A", backbone_state(network), cloud.coordinates, cloud.features, threads=1
    )
    try:
        assert peer() > 0
        wanted = open_engines(network, backends=("torch",)).plain.backbone(cloud.coordinates, cloud.features)
        np.testing.assert_allclose(peer.rows(), wanted, atol=1e-4 * np.abs(wanted).max())
    finally:
        peer.close()
