"""Features of a scene's views: what is encoded, averaged, cached."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.feature_cache import FeatureCache, pictures_digest
from drop_clip_ros.fusion.view_features import SceneViews, keep_top_views
from drop_clip_ros.language.visual_prompts import VisualPrompt


def test_visible_pixels_are_the_masks_areas(dataset, color_images):
    scene = dataset[0]
    expected = [[(view.load_mask() == item.id).sum() for item in scene.instances] for view in scene.views]
    assert SceneViews(scene, color_images, min_pixels=1).visible.tolist() == expected


def test_objects_below_the_least_size_are_unseen(dataset, color_images):
    views = SceneViews(dataset[0], color_images, min_pixels=300)
    areas = [(dataset[0].views[0].load_mask() == number).sum() for number in (1, 2, 3)]
    assert [area >= 300 for area in areas] == (views.visible[0] > 0).tolist()
    assert not views.objects(VisualPrompt())[views.visible == 0].any()


def test_several_prompts_and_scales_are_averaged(dataset, color_images):
    scene = dataset[0]
    prompts = (VisualPrompt("crop", scales=2, expansion=0.5), VisualPrompt("mask-gray"))
    found = SceneViews(scene, color_images).objects(prompts)[1, 2]
    color, mask = scene.views[1].load_color(), scene.views[1].load_mask() == scene.instances[2].id
    rows = color_images.encode_images([picture for prompt in prompts for picture in prompt.apply(color, mask)])
    assert len(rows) == 3
    np.testing.assert_allclose(found, rows.sum(axis=0) / np.linalg.norm(rows.sum(axis=0)), atol=1e-5)


class Counting:
    """A tower that counts what it encodes; patches are the four quarters' mean colours."""

    name, dim, text_space, digest = "counting", 3, "colors", "a"

    def __init__(self):
        self.pictures = 0

    def encode_images(self, images):
        self.pictures += len(images)
        return np.array([image.reshape(-1, 3).mean(axis=0) / 255 + 0.1 for image in images], np.float32)

    def encode_patches(self, images):
        self.pictures += len(images)
        shape = (len(images), 2, images[0].shape[0] // 2, 2, images[0].shape[1] // 2, 3)
        return np.array(images).reshape(shape).mean(axis=(2, 4)).astype(np.float32)

    def unit_rows(self, rows):
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_a_second_run_encodes_nothing_and_gives_the_same(dataset, tmp_path):
    tower = Counting()
    first = SceneViews(dataset[0], tower, FeatureCache(tmp_path))
    made = first.objects(VisualPrompt("crop", scales=2)), first.patches()
    encoded = tower.pictures
    again = SceneViews(dataset[0], tower, FeatureCache(tmp_path))
    assert np.array_equal(again.objects(VisualPrompt("crop", scales=2)), made[0])
    assert np.array_equal(again.patches(), made[1])
    again.objects(VisualPrompt("crop"))  # the first scale of what was there
    assert tower.pictures == encoded == 2 * 9 + 3
    assert all(np.load(file).dtype == np.float16 for file in tmp_path.glob("*/*.npy"))


@pytest.mark.parametrize("change", ["tower", "scene", "prompt", "least size"])
def test_whatever_matters_is_encoded_anew(dataset, tmp_path, change):
    SceneViews(dataset[0], Counting(), FeatureCache(tmp_path)).objects(VisualPrompt())
    tower, cache = Counting(), FeatureCache(tmp_path)
    tower.digest = "b" if change == "tower" else "a"
    views = SceneViews(dataset[change == "scene"], tower, cache, 60 if change == "least size" else 50)
    views.objects(VisualPrompt(background="white" if change == "prompt" else "auto"))
    assert (cache.found, cache.made) == (0, 1)


@pytest.mark.parametrize(
    "prompt", [VisualPrompt("crop", scales=3, expansion=0.4), VisualPrompt(), VisualPrompt("mask-out")]
)
def test_the_tower_is_shown_what_the_prompt_makes_of_whole_pictures(dataset, prompt):
    shown = []

    class Keeping(Counting):
        def encode_images(self, images):
            shown.extend(images)
            return super().encode_images(images)

    views = SceneViews(dataset[0], Keeping())
    views.objects(prompt)
    wanted = [
        prompt.picture(color, mask == instance.id, scale)
        for scale in range(prompt.scales)
        for (color, mask), areas in zip(views.pictures, views.visible, strict=True)
        for instance, area in zip(views.scene.instances, areas, strict=True)
        if area
    ]
    assert len(wanted) == len(shown) > 0
    assert all(np.array_equal(*pair) for pair in zip(wanted, shown, strict=True))


def test_a_damaged_file_is_made_again(dataset, tmp_path):
    cache = FeatureCache(tmp_path)
    made = SceneViews(dataset[0], Counting(), cache).patches()
    (file,) = tmp_path.glob("*/*.npy")
    file.write_bytes(file.read_bytes()[:-7])
    assert np.array_equal(SceneViews(dataset[0], Counting(), cache).patches(), made)
    assert cache.made == 2


def test_the_digest_is_of_pixels_and_shapes():
    pictures = [np.arange(12).reshape(3, 4), np.zeros((2, 2))]
    assert pictures_digest(pictures) == pictures_digest([picture.copy() for picture in pictures])
    others = [pictures[0].reshape(4, 3), pictures[1]], [pictures[0] + np.eye(3, 4, dtype=int), pictures[1]]
    assert len({pictures_digest(pictures), *map(pictures_digest, others)}) == 3


def test_towers_without_patches_are_refused(dataset, color_images):
    with pytest.raises(ConfigError, match="mean-color has no features of patches"):
        SceneViews(dataset[0], color_images).patches()


def test_top_views_are_those_that_show_most():
    visible = np.array([[5, 0], [9, 3], [7, 0], [1, 0]])
    assert keep_top_views(visible, 2).tolist() == [[0, 0], [9, 3], [7, 0], [0, 0]]
