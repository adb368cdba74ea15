"""A network and clouds that are soon computed."""

import pytest
import torch

from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
from drop_clip_ros.benchmarking.contestants import Cloud, settled_network


@pytest.fixture(scope="package")
def network():
    """Settled; tests leave it as it is."""
    torch.set_num_threads(1)
    return settled_network("MinkUNet14A", 6, feature_dim=16)


@pytest.fixture(scope="package")
def cloud_of():
    """Makes a cloud of so many voxels."""

    def make(voxels: int) -> Cloud:
        coordinates = surface_voxels(voxels)
        return Cloud(coordinates, surface_features(coordinates), "a few surfaces")

    return make


@pytest.fixture(scope="package")
def cloud(cloud_of):
    """150 voxels."""
    return cloud_of(150)
