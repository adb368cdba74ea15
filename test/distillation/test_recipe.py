"""Recipes: the paper's constants, and switches from strings."""

import json

import pytest

from drop_clip_ros.distillation.recipe import RECIPES, Recipe, recipe_by_name
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.voxels import SCALE, VOXEL_SIZE

# DROP-CLIP, Table 7, and where the recipe keeps each.
TABLE_7 = {
    "arch_3d": ("MinkUNet14D", "architecture"),
    "batch_size": (8, "batch_size"),
    "base_lr": (0.0003, "learning_rate"),
    "min_lr": (0.0001, "min_learning_rate"),
    "weight_decay": (0.00001, "weight_decay"),
    "max_norm": (5.0, "clip_norm"),
}
TABLE_7_AUGMENTATION = {
    "color_trans_ratio": (0.01, "color_shift_max"),
    "color_jitter_std": (0.02, "color_jitter_std"),
    "hue_max": (0.01, "hue_max"),
    "saturation_max": ((1 - 0.1, 1 + 0.1), ("saturation_min", "saturation_max")),
    "elastic_distortion_granularity": ((0.1, 0.3), "elastic_granularity"),
    "elastic_distortion_magnitude": ((0.4, 0.8), "elastic_magnitude"),
    "n_blob": ((1, 2), "blobs_per_object"),
    "blob_size": ((50, 101), "blob_points"),
    "random_rot_chance": (0.6, "rotate_chance"),
    "rotate_x_and_y": (0.1309, "rotate_xy_max"),
    "rotate_z": (0.1309, "rotate_z_max"),
}


@pytest.mark.parametrize("name", ["paper", "paper-partial"])
def test_the_paper_s_recipe_has_the_constants_of_table_7(name):
    recipe = recipe_by_name(name)
    for value, field in TABLE_7.values():
        assert getattr(recipe, field) == value, field
    for value, names in TABLE_7_AUGMENTATION.values():
        found = tuple(getattr(recipe.augmentation, field) for field in ([names] if isinstance(names, str) else names))
        assert found == (value if isinstance(names, tuple) else (value,)), names
    assert (VOXEL_SIZE, SCALE) == (0.05, 10.0)


def test_the_paper_s_recipe_is_cosine_distance_to_fused_targets_alone():
    recipe = recipe_by_name("paper")
    others = ("contrastive_weight", "object_weight", "phrase_weight", "offset_weight")
    assert (recipe.target, recipe.center_targets, recipe.cosine_weight) == ("fused", False, 1.0)
    assert not any(getattr(recipe, name) for name in others)
    assert (recipe.views, recipe.schedule, recipe.batch_norm_momentum) == ("full", "cosine", 0.1)
    assert (recipe.center, recipe.color, recipe.max_points) == ("centroid", "unit", 10000)


def test_its_second_part_differs_in_the_views_alone():
    first, second = recipe_by_name("paper").to_json(), recipe_by_name("paper-partial").to_json()
    assert {key for key in first if first[key] != second[key]} == {"name", "views"}
    assert (second["views"], second["max_views"]) == ("partial", 3)


def test_switches_are_read_as_the_type_they_have():
    overrides = {"batch_size": "5", "learning_rate": "1e-3", "bfloat16": "False", "views": "full"}
    recipe = recipe_by_name("tabletop", overrides)
    assert (recipe.batch_size, recipe.learning_rate, recipe.bfloat16, recipe.views) == (5, 1e-3, False, "full")
    assert recipe_by_name("tabletop") == Recipe()


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("papre", {}, r"recipe is 'papre', wanted one of tabletop, paper, paper-partial"),
        ("paper", {"batchsize": "8"}, r"switch is 'batchsize', wanted one of name, architecture"),
        ("paper", {"augmentation": "none"}, "switch is 'augmentation'"),
        ("paper", {"batch_size": "8.5"}, "batch_size is '8.5', wanted int"),
        ("paper", {"learning_rate": "fast"}, "learning_rate is 'fast', wanted float"),
        ("paper", {"bfloat16": "yes"}, "bfloat16 is 'yes', wanted true or false"),
        ("paper", {"views": "both"}, "views is 'both', wanted one of full, partial, single"),
        ("paper", {"schedule": "poly"}, "schedule is 'poly', wanted one of hold-decay, cosine"),
    ],
)
def test_what_cannot_be_set_is_told(name, overrides, message):
    with pytest.raises(ConfigError, match=message):
        recipe_by_name(name, overrides)


def test_every_recipe_is_plain_json():
    for name, recipe in RECIPES.items():
        assert json.loads(json.dumps(recipe.to_json()))["name"] == recipe.name == name
