"""Voxels against a dictionary, and what unusable clouds are told."""

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.student.voxels import InputCoding, voxelize


@pytest.fixture
def cloud():
    rng = np.random.default_rng(0)
    return rng.uniform(-0.03, 0.04, (500, 3)), rng.integers(0, 256, (500, 3), dtype=np.uint8)


def by_dictionary(xyz, edge=0.005):
    voxels = {}
    for row, point in enumerate(xyz):
        voxels.setdefault(tuple(int(np.floor(value / edge)) for value in point), []).append(row)
    return voxels


def test_voxels_counts_and_means_equal_a_dictionary(cloud):
    xyz, rgb = cloud
    voxels, expected = voxelize(xyz, rgb), by_dictionary(xyz)
    assert len(voxels) == len(expected) < len(xyz)
    assert voxels.coordinates.dtype == np.int64
    for number, coordinate in enumerate(voxels.coordinates.tolist()):
        rows = expected[tuple(coordinate)]
        assert voxels.counts[number] == len(rows)
        np.testing.assert_allclose(voxels.xyz[number], xyz[rows].mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(voxels.rgb[number], rgb[rows].mean(axis=0) / 255, atol=1e-6)


def test_inverse_names_the_voxel_that_each_point_lies_in(cloud):
    xyz, rgb = cloud
    voxels = voxelize(xyz, rgb)
    np.testing.assert_array_equal(voxels.coordinates[voxels.inverse], np.floor(xyz / 0.005))


def test_coordinates_are_ordered_by_z_then_y_then_x(cloud):
    coordinates = voxelize(*cloud).coordinates
    assert [tuple(c[::-1]) for c in coordinates] == sorted(tuple(c[::-1]) for c in coordinates)


def test_the_order_of_the_points_does_not_matter(cloud):
    xyz, rgb = cloud
    order = np.random.default_rng(1).permutation(len(xyz))
    first, second = voxelize(xyz, rgb), voxelize(xyz[order], rgb[order])
    np.testing.assert_array_equal(first.coordinates, second.coordinates)
    np.testing.assert_array_equal(first.inverse[order], second.inverse)
    np.testing.assert_allclose(first.xyz, second.xyz, atol=1e-12)


def test_voxel_edge_is_voxel_size_over_scale():
    xyz = np.array([[0.0049, 0.0, 0.0], [0.0051, 0.0, 0.0], [-0.0001, 0.0, 0.0]])
    assert voxelize(xyz, np.zeros((3, 3))).coordinates[:, 0].tolist() == [-1, 0, 1]
    assert voxelize(xyz, np.zeros((3, 3)), voxel_size=0.1).coordinates[:, 0].tolist() == [-1, 0]
    assert voxelize(xyz, np.zeros((3, 3)), scale=1.0).coordinates[:, 0].tolist() == [-1, 0]


def test_one_point_is_one_voxel():
    voxels = voxelize(np.array([[0.1, 0.2, 0.3]], np.float32), np.array([[255, 0, 51]], np.uint8))
    assert (len(voxels), voxels.counts.tolist(), voxels.inverse.tolist()) == (1, [1], [0])
    np.testing.assert_allclose(voxels.xyz, [[0.1, 0.2, 0.3]], atol=1e-7)
    np.testing.assert_allclose(voxels.rgb, [[1.0, 0.0, 0.2]], atol=1e-7)


def test_duplicate_points_share_a_voxel_and_average_their_colours():
    xyz, rgb = np.full((2, 3), 0.1), np.array([[0.0, 0.5, 1.0], [1.0, 0.5, 0.5]])
    voxels = voxelize(xyz, rgb)
    assert (len(voxels), voxels.counts.tolist(), voxels.inverse.tolist()) == (1, [2], [0, 0])
    np.testing.assert_allclose(voxels.rgb, [[0.5, 0.5, 0.75]])


def test_bytes_and_fractions_give_the_same_colours(cloud):
    xyz, rgb = cloud
    np.testing.assert_allclose(voxelize(xyz, rgb).rgb, voxelize(xyz, rgb / 255.0).rgb, atol=1e-6)


@pytest.mark.parametrize("metres", [2.0, 3_000.0, 90_000.0])
def test_points_far_apart_keep_their_voxels(metres):
    near = np.array([[0.0, 0.0, 0.0], [0.001, 0.001, 0.001], [0.006, 0.0, -0.006]])
    xyz = np.concatenate([near - metres, near + metres])
    voxels = voxelize(xyz, np.zeros((6, 3), np.uint8))
    assert len(voxels) == len(by_dictionary(xyz)) == 4
    np.testing.assert_array_equal(voxels.coordinates[voxels.inverse], np.floor(xyz * 200))
    ordered = [tuple(c[::-1]) for c in voxels.coordinates]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize(
    ("xyz", "rgb", "message"),
    [
        (np.zeros((0, 3)), np.zeros((0, 3)), "0 points, wanted at least 1"),
        (np.zeros((4, 2)), np.zeros((4, 2)), r"\(4, 2\).*wanted \(n, 3\)"),
        (np.zeros((4, 3)), np.zeros((5, 3)), r"\(4, 3\) and colours \(5, 3\)"),
        (np.array([[0.0, np.nan, 0.0], [0.0, 0.0, 0.0]]), np.zeros((2, 3)), "1 of 2 points are NaN or infinite"),
        (np.array([[0.0, 0.0, -np.inf]]), np.zeros((1, 3)), "1 of 1 points are NaN or infinite"),
        (np.array([[0.0, 0.0, 2e5]]), np.zeros((1, 3)), "2e[+]05 m from the origin, wanted at most 100000 m"),
        (np.zeros((1, 3)), np.array([[0.0, 128.0, 255.0]]), "colours are float64 from 0 to 255"),
        (np.zeros((1, 3)), np.array([[0.0, np.nan, 1.0]]), "colours are float64 from nan to nan"),
    ],
)
def test_unusable_clouds_are_refused(xyz, rgb, message):
    with pytest.raises(CloudError, match=message):
        voxelize(xyz, rgb)


def test_footprint_coding_keeps_the_height_and_centres_on_the_median():
    xyz, rgb = np.array([[0.1, 0.2, 0.3], [0.2, 0.4, 0.1], [0.9, 0.9, 0.2]]), np.array([[0.0, 0.5, 1.0]] * 3)
    features = InputCoding("footprint", "signed").features(xyz, rgb)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:, :3], [[-1, -2, 3], [0, 0, 1], [7, 5, 2]], atol=1e-6)
    np.testing.assert_allclose(features[:, 3:], [[-1.0, 0.0, 1.0]] * 3)


def test_centroid_coding_centres_on_the_mean_and_keeps_unit_colours():
    xyz, rgb = np.array([[0.1, 0.2, 0.3], [0.3, 0.4, 0.7]]), np.array([[0.0, 0.5, 1.0]] * 2)
    features = InputCoding("centroid", "unit").features(xyz, rgb)
    np.testing.assert_allclose(features[:, :3], [[-1, -1, -2], [1, 1, 2]], atol=1e-6)
    np.testing.assert_allclose(features[:, 3:], rgb)


def test_colour_alone_has_three_channels():
    coding = InputCoding(use_xyz=False)
    assert coding.channels == coding.features(np.ones((2, 3)), np.ones((2, 3))).shape[1] == 3
    assert InputCoding().channels == 6


@pytest.mark.parametrize("options", [{"center": "middle"}, {"color": "hsv"}])
def test_an_unknown_coding_is_refused(options):
    with pytest.raises(ConfigError, match=r"'(middle|hsv)', wanted (footprint or centroid|signed or unit)"):
        InputCoding(**options)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_native_and_numpy_gather_the_same(dtype, monkeypatch):
    rng = np.random.default_rng(3)
    xyz, rgb = rng.normal(scale=0.1, size=(5000, 3)), rng.integers(0, 2, (5000, 3)).astype(dtype)
    found = voxelize(xyz, rgb)
    monkeypatch.setattr("drop_clip_ros.student.voxels.native_voxels", lambda *_: None)
    wanted = voxelize(xyz, rgb)
    for name in ("coordinates", "counts", "inverse"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    np.testing.assert_allclose(found.xyz, wanted.xyz, atol=1e-15)
    np.testing.assert_allclose(found.rgb, wanted.rgb, atol=1e-7)
