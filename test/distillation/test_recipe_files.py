"""Recipes of config/distill: the paper's constants, files of one's own, and switches from strings."""

import json
from dataclasses import fields

import pytest
import torch
import yaml

from drop_clip_ros.distillation.recipe import Augmentation, Recipe
from drop_clip_ros.distillation.recipe_files import known_recipes, load_recipe
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet
from drop_clip_ros.student.voxels import SCALE, VOXEL_SIZE

# DROP-CLIP, Table 7, in its order, and where the recipe keeps each ("a." is its augmentation).
TABLE_7 = {
    "color_trans_ratio": (0.01, "a.color_shift_max"),
    "color_jitter_std": (0.02, "a.color_jitter_std"),
    "hue_max": (0.01, "a.hue_max"),
    "saturation_max": ([1 - 0.1, 1 + 0.1], "a.saturation_min a.saturation_max"),
    "elastic_distortion_granularity_min, _max": ((0.1, 0.3), "a.elastic_granularity"),
    "elastic_distortion_magnitude_min, _max": ((0.4, 0.8), "a.elastic_magnitude"),
    "n_blob_min, n_blob_max": ((1, 2), "a.blobs_per_object"),
    "blob_size_min, blob_size_max": ((50, 101), "a.blob_points"),
    "random_rot_chance": (0.6, "a.rotate_chance"),
    "rotate_min_x, rotate_max_x, rotate_min_y, rotate_max_y": (0.1309, "a.rotate_xy_max"),
    "rotate_min_z, rotate_max_z": (0.1309, "a.rotate_z_max"),
    "arch_3d": ("MinkUNet14D", "architecture"),
    "batch_size": (8, "batch_size"),
    "base_lr": (0.0003, "learning_rate"),
    "weight_decay": (0.00001, "weight_decay"),
    "min_lr": (0.0001, "min_learning_rate"),
    "loss_type cosine": (1.0, "cosine_weight"),
    "use_aux_loss False": ([0.0] * 2, "supervised_contrastive_weight triplet_weight"),
    "epochs": (300, "epochs"),
    "max_norm": (5.0, "clip_norm"),
    "sync_bn": (True, "sync_batch_norm"),
}


@pytest.mark.parametrize("name", ["paper", "paper-partial"])
@pytest.mark.parametrize("key", TABLE_7)
def test_the_paper_s_recipe_has_the_constants_of_table_7(name, key):
    recipe = load_recipe(name)
    value, places = TABLE_7[key]
    found = [
        getattr(recipe.augmentation if p.startswith("a.") else recipe, p.removeprefix("a.")) for p in places.split()
    ]
    assert found == (value if isinstance(value, list) else [value])


def test_what_table_7_says_and_no_switch_changes_holds_too():
    assert (VOXEL_SIZE, SCALE) == (0.05, 10.0)  # voxel_size
    assert ARCHITECTURES["MinkUNet14D"].planes == (32, 64, 128, 256, 384, 384, 384, 384)
    with torch.device("meta"):
        network = MinkUNet("MinkUNet14D", 6, 768)  # feat_dim
    assert network.final.kernel.shape == (384, 768)
    assert not [m for m in network.modules() if "Dropout" in type(m).__name__]  # dropout_rate, use_cls_head
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
    assert optimizer.defaults["betas"][0] == 0.9  # momentum


def test_the_paper_s_recipe_is_cosine_distance_to_fused_targets_alone():
    recipe = load_recipe("paper")
    others = ("contrastive_weight", "object_weight", "phrase_weight", "offset_weight")
    assert (recipe.target, recipe.center_targets) == ("fused", False)
    assert not any(getattr(recipe, name) for name in others)
    assert (recipe.views, recipe.schedule, recipe.batch_norm_momentum) == ("full", "cosine", 0.1)
    assert (recipe.center, recipe.color, recipe.max_points) == ("centroid", "unit", 10000)


def test_its_second_part_differs_in_the_views_alone():
    first, second = load_recipe("paper").to_json(), load_recipe("paper-partial").to_json()
    assert {key for key in first if first[key] != second[key]} == {"name", "views"}
    assert (second["views"], second["max_views"]) == ("partial", 3)


def test_small_is_the_defaults_and_names_every_switch():
    assert load_recipe("small") == load_recipe("tabletop") == Recipe()
    written = yaml.safe_load(known_recipes()["small"].read_text(encoding="utf-8"))
    assert list(written) == [field.name for field in fields(Recipe) if field.name != "name"]
    assert set(written["augmentation"]) == {field.name for field in fields(Augmentation)}


def test_every_recipe_is_plain_json_under_its_file_s_name():
    assert {"small", "paper", "paper-partial"} <= set(known_recipes())
    for name in known_recipes():
        assert json.loads(json.dumps(load_recipe(name).to_json()))["name"] == name


def test_a_file_of_one_s_own_changes_what_it_names(tmp_path):
    (tmp_path / "mine.yaml").write_text("base: paper\nbatch_size: 2\naugmentation: {blob_points: [10, 20]}\n")
    (tmp_path / "finer.yaml").write_text("base: mine.yaml\nlearning_rate: 1e-5\n")
    finer, paper = load_recipe(tmp_path / "finer.yaml"), load_recipe("paper")
    assert (finer.name, finer.batch_size, finer.learning_rate) == ("finer", 2, 1e-5)
    assert finer.augmentation.blob_points == (10, 20)
    assert finer.augmentation.hue_max == paper.augmentation.hue_max
    assert finer.architecture == "MinkUNet14D"


def test_switches_are_read_as_the_type_they_have():
    overrides = {"batch_size": "5", "learning_rate": "1e-3", "bfloat16": "False", "views": "full"}
    recipe = load_recipe("small", overrides | {"augmentation.elastic_granularity": "0.2,0.4"})
    assert (recipe.batch_size, recipe.learning_rate, recipe.bfloat16, recipe.views) == (5, 1e-3, False, "full")
    assert recipe.augmentation.elastic_granularity == (0.2, 0.4)


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("papre", {}, r"recipe is 'papre', wanted a YAML file or one of .*paper"),
        ("paper", {"batchsize": "8"}, r"recipe: switch 'batchsize' is not known, wanted one of architecture, views"),
        ("paper", {"augmentation": "none"}, "recipe: augmentation is 'none', wanted switches with their values"),
        ("paper", {"augmentation.hue": "1"}, "recipe: augmentation: switch 'hue' is not known, wanted one of rotate"),
        ("paper", {"augmentation.blob_points": "1"}, "augmentation: blob_points is 1, wanted a list of 2 numbers"),
        ("paper", {"batch_size.x": "1"}, "batch_size is {'x': 1}, wanted a whole number"),
        ("paper", {"batch_size": "8.5"}, "batch_size is 8.5, wanted a whole number"),
        ("paper", {"batch_size": "true"}, "batch_size is True, wanted a whole number"),
        ("paper", {"learning_rate": "fast"}, "learning_rate is 'fast', wanted a number"),
        ("paper", {"learning_rate": "nan"}, "learning_rate is 'nan', wanted a number"),
        ("paper", {"bfloat16": "1"}, "bfloat16 is 1, wanted true or false"),
        ("paper", {"views": "both"}, "views is 'both', wanted one of full, partial, single"),
        ("paper", {"schedule": "poly"}, "schedule is 'poly', wanted one of hold-decay, cosine"),
        ("paper", {"gradients": "int8"}, "gradients is 'int8', wanted one of float32, bfloat16"),
    ],
)
def test_what_cannot_be_set_is_told(name, overrides, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe(name, overrides)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_size: [", r"bad\.yaml cannot be read .* wanted YAML like config/distill/small\.yaml"),
        ("- 1", r"bad\.yaml holds list, wanted switches"),
        ("colour: unit", r"bad\.yaml: switch 'colour' is not known"),
        ("base: bad.yaml", r"bad\.yaml: base leads back to itself"),
        ("base: nowhere", "recipe is 'nowhere', wanted a YAML file or one of"),
    ],
)
def test_a_broken_file_is_told(tmp_path, text, message):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_recipe(tmp_path / "bad.yaml")
