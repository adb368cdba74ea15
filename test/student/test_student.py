"""The student at work, with random weights: what goes in and out, whatever it has learnt."""

import threading

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.bundle import read_bundle, write_bundle
from drop_clip_ros.student.network import StudentNetwork
from drop_clip_ros.student.student import EngineConfig, Student


@pytest.fixture(scope="module")
def student(tmp_path_factory, manifest, tensors):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_bundle(folder, manifest, tensors, ("red mug", "banana", "background"))
    return Student.load(folder, "cpu", EngineConfig("float32"))


@pytest.fixture
def cloud():
    """The surface of a 10 cm ball on the table, 2,000 points."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(2000, 3))
    xyz = 0.05 * directions / np.linalg.norm(directions, axis=1, keepdims=True) + [0.2, -0.1, 0.05]
    return xyz, rng.integers(0, 256, (2000, 3), dtype=np.uint8)


def test_features_are_finite_unit_rows_one_for_each_voxel(student, cloud):
    encoded = student.encode(*cloud)
    cells = np.unique(np.floor(cloud[0] / 0.005).astype(int), axis=0)
    assert encoded.features.shape == (len(cells), 8)
    assert encoded.offsets.shape == (len(cells), 3)
    np.testing.assert_allclose(np.linalg.norm(encoded.features, axis=1), 1.0, atol=1e-5)
    assert np.isfinite(encoded.offsets).all()


def test_encoding_is_deterministic_and_ignores_the_points_order(student, cloud):
    xyz, rgb = cloud
    first, again = student.encode(xyz, rgb), student.encode(xyz, rgb)
    np.testing.assert_array_equal(first.features, again.features)
    order = np.random.default_rng(1).permutation(len(xyz))
    shuffled = student.encode(xyz[order], rgb[order])
    np.testing.assert_allclose(shuffled.point_features, first.point_features[order], atol=1e-4)


def test_encode_equals_the_network_run_by_hand(student, cloud):
    """Footprint centre, ten times the metres, colours from -1 to 1; offsets come back in metres."""
    encoded = student.encode(*cloud)
    voxels = encoded.voxels
    middle = np.array([*np.median(voxels.xyz[:, :2], axis=0), 0.0])
    inputs = np.concatenate([(voxels.xyz - middle) * 10, voxels.rgb * 2 - 1], axis=1).astype(np.float32)
    network = StudentNetwork("MinkUNet14A", 6, 8)
    network.load_state_dict(read_bundle(student.bundle.folder).tensors)
    places = torch.tensor(np.pad(voxels.coordinates, ((0, 0), (1, 0))))
    with torch.no_grad():
        found, offsets, _ = network.eval()(SparseTensor(torch.tensor(inputs), CoordinatePyramid(places)))
    found = found / found.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(encoded.features, found.numpy(), atol=1e-5)
    np.testing.assert_allclose(encoded.offsets, offsets.numpy() / 10, atol=1e-5)


def test_a_point_takes_the_feature_of_the_voxel_it_lies_in(student, cloud):
    encoded = student.encode(*cloud)
    cells = {tuple(cell): row for row, cell in enumerate(encoded.voxels.coordinates.tolist())}
    for point, feature in list(zip(cloud[0], encoded.point_features, strict=True))[::50]:
        row = cells[tuple(np.floor(point / 0.005).astype(int).tolist())]
        np.testing.assert_array_equal(feature, encoded.features[row])


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_points_are_encoded(student, count):
    encoded = student.encode(np.array([[0.0, 0, 0.02], [0.1, 0, 0.02]])[:count], np.full((count, 3), 200, np.uint8))
    assert encoded.point_features.shape == (count, 8)
    np.testing.assert_allclose(np.linalg.norm(encoded.features, axis=1), 1.0, atol=1e-5)


def test_duplicated_points_change_nothing(student, cloud):
    xyz, rgb = cloud
    once, twice = student.encode(xyz, rgb), student.encode(np.tile(xyz, (2, 1)), np.tile(rgb, (2, 1)))
    assert len(once.voxels) == len(twice.voxels)
    np.testing.assert_allclose(twice.features, once.features, atol=1e-4)


def test_colour_reaches_the_features(student, cloud):
    xyz, rgb = cloud
    other = student.encode(xyz, 255 - rgb)
    assert np.abs(other.features - student.encode(xyz, rgb).features).max() > 1e-3


@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "1 of 5 points are NaN"), (np.inf, "infinite"), (1e6, "are the units metres")]
)
def test_unusable_points_are_told(student, value, message):
    xyz = np.zeros((5, 3))
    xyz[3, 1] = value
    with pytest.raises(CloudError, match=message):
        student.encode(xyz, np.zeros((5, 3), np.uint8))


def test_no_points_are_told(student):
    with pytest.raises(CloudError, match="0 points, wanted at least 1"):
        student.encode(np.zeros((0, 3)), np.zeros((0, 3), np.uint8))


def test_points_kilometres_apart_are_encoded(student, cloud):
    xyz, rgb = cloud
    encoded = student.encode(np.concatenate([xyz, xyz + np.array([8000.0, 0, 0])]), np.tile(rgb, (2, 1)))
    assert len(encoded.point_features) == 4000
    assert np.isfinite(encoded.features).all()


def test_threads_get_the_answers_that_one_gets_alone(student, cloud):
    xyz, rgb = cloud
    clouds = [(xyz[:count], rgb[:count]) for count in (300, 900, 1500, 2000)]
    alone = [student.encode(*part).features for part in clouds]
    together: dict[int, np.ndarray] = {}

    def work(number):
        together[number] = student.encode(*clouds[number]).features

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clouds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, expected in enumerate(alone):
        np.testing.assert_allclose(together[number], expected, atol=1e-5)


def test_a_bundle_without_offsets_gives_none(tmp_path, manifest, tensors, cloud):
    state = {name: t for name, t in tensors.items() if not name.startswith(("language.", "offset_head."))}
    write_bundle(tmp_path / "flat", manifest | {"offsets": False}, state)
    assert Student(read_bundle(tmp_path / "flat"), "cpu").encode(*cloud).offsets is None
