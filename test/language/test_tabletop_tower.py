"""The image tower on disk and off it."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import BundleError, LanguageError
from drop_clip_ros.language.registry import load_image_space
from drop_clip_ros.language.space import DenseImageSpace, ImageSpace
from drop_clip_ros.language.tabletop_tower import (
    DENSE_SIDES,
    TabletopTower,
    letterbox,
    load_tower,
    save_tower,
)
from drop_clip_ros.language.tower_network import TowerConfig, build_network

CONFIG = TowerConfig(text_space="minilm-l6-v2", dim=12, image_size=32, widths=(8, 16), blocks=(1, 1), mean_weight=0.6)
MEAN = np.eye(12, dtype=np.float32)[3]


def pictures(count=5):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (20 + 9 * number, 40, 3), dtype=np.uint8) for number in range(count)]


@pytest.fixture
def network():
    torch.manual_seed(0)
    built = build_network(CONFIG)
    with torch.no_grad():  # statistics as after some training
        built.train()(torch.randn(16, 3, 32, 32))
    return built.eval()


def test_rows_are_units_of_the_declared_space(network):
    tower = TabletopTower(network, CONFIG, MEAN)
    rows = tower.encode_images(pictures())
    assert isinstance(tower, ImageSpace)
    assert tower.text_space == "minilm-l6-v2"
    assert (rows.shape, rows.dtype) == ((5, 12), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_a_picture_alone_is_encoded_as_in_a_batch(network):
    tower = TabletopTower(network, CONFIG, MEAN)
    singly = np.concatenate([tower.encode_images([picture]) for picture in pictures()])
    np.testing.assert_allclose(tower.encode_images(pictures()), singly, atol=1e-5)


def test_mean_direction_has_its_share(network):
    plain = TabletopTower(network, TowerConfig(**{**CONFIG.__dict__, "mean_weight": 0.0})).encode_images(pictures())
    rows = TabletopTower(network, CONFIG, MEAN).encode_images(pictures())
    expected = 0.6 * MEAN + 0.8 * plain
    np.testing.assert_allclose(rows, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_no_pictures_are_no_rows(network):
    assert TabletopTower(network, CONFIG, MEAN).encode_images([]).shape == (0, 12)


def test_file_gives_the_same_tower_back(network, tmp_path):
    save_tower(tmp_path / "teacher.safetensors", network, CONFIG, MEAN, {"seed": 4})
    loaded = load_image_space(f"tower:{tmp_path}")
    expected = TabletopTower(network, CONFIG, MEAN).encode_images(pictures())
    cosines = (loaded.encode_images(pictures()) * expected).sum(axis=1)
    assert cosines.min() > 0.9999  # kernels in half precision
    assert loaded.provenance == {"seed": 4}
    assert loaded.config == CONFIG


def test_loading_leaves_the_random_state_alone(network, tmp_path):
    save_tower(tmp_path / "teacher.safetensors", network, CONFIG, MEAN, {})
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    load_tower(tmp_path)
    assert torch.rand(1) == expected


def test_damaged_and_missing_files_are_named(network, tmp_path):
    with pytest.raises(BundleError, match="there is no image tower"):
        load_tower(tmp_path)
    file = tmp_path / "teacher.safetensors"
    save_tower(file, network, CONFIG, MEAN, {})
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BundleError, match=r"teacher\.safetensors cannot be read"):
        load_tower(file)


def test_another_safetensors_file_is_no_tower(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, str(tmp_path / "other.safetensors"))
    with pytest.raises(BundleError, match="format is None, wanted 'drop-clip-tower/1'"):
        load_tower(tmp_path / "other.safetensors")


def test_pictures_are_filled_up_with_the_colour_of_their_border():
    picture = np.full((10, 40, 3), 200, np.uint8)
    picture[1:9, 10:30] = 20
    square = letterbox(picture, 20)
    assert square.shape == (20, 20, 3)
    assert square[0, 0].tolist() == [200] * 3
    assert square[10, 10].tolist() == [20] * 3


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8), "image"])
def test_what_is_no_picture_is_refused(network, image):
    with pytest.raises(LanguageError, match="an image to encode"):
        TabletopTower(network, CONFIG, MEAN).encode_images([image])


def test_the_mean_of_a_tiles_cells_is_the_towers_vector_of_the_tile(network):
    tower = TabletopTower(network, CONFIG, MEAN)
    side = CONFIG.image_size
    image = np.random.default_rng(0).integers(0, 255, (2 * side, DENSE_SIDES * side, 3), np.uint8)
    dense = tower.encode_patches([image, image])
    assert dense.shape == (2, 2 * 4, 4 * DENSE_SIDES, 12)  # two stages leave 4 x 4 cells of 32 x 32 pixels
    tile = image[side : 2 * side, 3 * side : 4 * side]
    pooled = tower.unit_rows(dense[0, 4:8, 12:16].mean(axis=(0, 1))[None])
    # Half of the digits where the processor has bfloat16.
    np.testing.assert_allclose(pooled, tower.encode_images([tile]), atol=0.01)


def test_patches_at_some_pixels_are_what_the_whole_map_gives_there(network):
    tower = TabletopTower(network, CONFIG, MEAN)
    rng, shape = np.random.default_rng(0), (40, 5 * DENSE_SIDES)
    image, wanted = rng.integers(0, 255, (*shape, 3), np.uint8), np.zeros(shape, bool)
    wanted[rng.integers(0, 40, 6), rng.integers(0, 30, 6)] = True
    maps = [torch.tensor(made[0]).permute(2, 0, 1)[None] for made in (
        tower.encode_patches([image]), tower.encode_patches_at([image], [wanted]))]  # fmt: skip
    whole, part = (torch.nn.functional.interpolate(each, shape, mode="bicubic")[0][:, wanted] for each in maps)
    np.testing.assert_array_equal(whole, part)
    assert (maps[1] == 0).all(dim=1).float().mean() > 0.3


def test_dense_maps_follow_the_picture_and_want_one_size(network):
    tower = TabletopTower(network, CONFIG, MEAN)
    assert isinstance(tower, DenseImageSpace)
    assert tower.encode_patches([np.zeros((24, 32, 3), np.uint8)]).shape == (1, 44, 60, 12)
    with pytest.raises(LanguageError, match="given together"):
        tower.encode_patches(pictures(2))
