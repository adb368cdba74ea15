"""Answers on disk are what other programs read."""

import numpy as np
import pytest

from drop_clip_ros.answer_files import write_ply
from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.cloud import PointCloud


def cloud_of(n):
    generator = np.random.default_rng(0)
    xyz = generator.normal(size=(n, 3)).astype(np.float32)
    return PointCloud(xyz, generator.integers(0, 256, (n, 3)).astype(np.uint8), np.arange(n))


def test_open3d_reads_every_field_of_the_ply(tmp_path):
    open3d = pytest.importorskip("open3d")
    cloud, scores = cloud_of(7), np.linspace(0, 1, 7)
    write_ply(tmp_path / "cloud.ply", cloud, scores)
    read = open3d.t.io.read_point_cloud(str(tmp_path / "cloud.ply")).point
    np.testing.assert_array_equal(read["positions"].numpy(), cloud.xyz)
    np.testing.assert_array_equal(read["colors"].numpy(), cloud.rgb)
    np.testing.assert_allclose(read["score"].numpy().ravel(), scores, atol=1e-7)


def test_an_empty_cloud_is_a_ply_of_no_points(tmp_path):
    write_ply(tmp_path / "cloud.ply", cloud_of(0), np.zeros(0))
    assert (tmp_path / "cloud.ply").read_bytes().endswith(b"element vertex 0\n" + _PROPERTIES + b"end_header\n")


def test_scores_must_be_as_many_as_points(tmp_path):
    with pytest.raises(CloudError, match="2 scores for 3 points"):
        write_ply(tmp_path / "cloud.ply", cloud_of(3), np.zeros(2))


_PROPERTIES = b"".join(
    b"property %s %s\n" % pair
    for pair in [
        (b"float", b"x"),
        (b"float", b"y"),
        (b"float", b"z"),
        (b"uchar", b"red"),
        (b"uchar", b"green"),
        (b"uchar", b"blue"),
        (b"float", b"score"),
    ]
)
