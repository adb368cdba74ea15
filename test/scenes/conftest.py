"""A small catalogue of a box, a ball, a cylinder and a tray, whose geometry is known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.catalogue.model import CatalogueObject, TexturedPart
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.storage import Instance, Scene, View
from drop_clip_ros.scenes.surroundings import box
from drop_clip_ros.scenes.viewpoints import look_at
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

COLORS = {"red": (200, 30, 30), "blue": (30, 40, 200), "green": (30, 160, 40), "white": (235, 235, 235)}


def textured(vertices, faces, color: str, smooth: bool = False) -> TexturedPart:
    """A part of one colour."""
    texture = np.array(COLORS[color], dtype=np.uint8).reshape(1, 1, 3)
    uv = np.zeros((len(faces), 3, 2), dtype=np.float32)
    return TexturedPart(np.asarray(vertices, np.float32), np.asarray(faces, np.int32), uv, texture, smooth=smooth)


def catalogue_object(object_id: str, parts, hulls, color: str, split: str = "train", **words) -> CatalogueObject:
    """An object with a few words: its name is the id's first half."""
    name = object_id.split("_")[0]
    annotation = ObjectAnnotation(
        name,
        (name, f"small {name}"),
        (color,),
        hypernyms=("thing to stack",),
        affordances=words.get("affordances", (f"something like a {name}",)),
        descriptions=words.get("descriptions", (f"the {color} {name} of the tests",)),
    )
    return CatalogueObject(object_id, annotation, tuple(parts), tuple(hulls), split=split)


def make_box(object_id="box_a", size=(0.08, 0.06, 0.1), color="red", split="train") -> CatalogueObject:
    """A box standing on z = 0."""
    low, high = (-size[0] / 2, -size[1] / 2, 0.0), (size[0] / 2, size[1] / 2, size[2])
    part = box(low, high, np.array(COLORS[color], np.uint8).reshape(1, 1, 3)).part
    return catalogue_object(object_id, [part], [np.unique(part.vertices, axis=0)], color, split)


def make_ball(object_id="ball_a", radius=0.04, color="blue", rings=64) -> CatalogueObject:
    """A ball touching z = 0, as a fine latitude-longitude mesh."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.arange(2 * rings) * np.pi / rings, indexing="ij")
    grid = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    vertices = radius * grid.reshape(-1, 3) + [0, 0, radius]
    index = np.arange(len(vertices)).reshape(rings + 1, 2 * rings)
    upper, lower = index[:-1], index[1:]
    turned_upper, turned_lower = np.roll(upper, -1, axis=1), np.roll(lower, -1, axis=1)
    faces = np.concatenate(
        [
            np.stack([upper, lower, turned_lower], axis=-1).reshape(-1, 3),
            np.stack([upper, turned_lower, turned_upper], axis=-1).reshape(-1, 3),
        ]
    )
    return catalogue_object(
        object_id, [textured(vertices, faces, color, smooth=True)], [vertices[:: rings // 8]], color
    )


class SmallCatalogue:
    """Six objects with the interface of a catalogue."""

    unseen_categories = ("brick",)

    def __init__(self) -> None:
        made = [
            make_box("box_a", color="red"),
            make_box("box_b", (0.05, 0.05, 0.05), "blue"),
            make_box("tray_a", (0.2, 0.15, 0.02), "white"),
            make_ball("ball_a", color="green", rings=16),
            make_box("brick_a", (0.1, 0.04, 0.06), "red", split="test"),
            make_box("brick_b", (0.1, 0.04, 0.06), "blue", split="test"),
        ]
        self._objects = {item.object_id: item for item in made}

    object_ids = property(lambda self: tuple(self._objects))

    def ids_of(self, split=None, category=None):
        return tuple(i for i, item in self._objects.items() if split in (None, item.split))

    def weight(self, object_id):
        return 1.0

    def annotation(self, object_id):
        return self._objects[object_id].annotation

    def build(self, object_id):
        return self._objects[object_id]


@pytest.fixture
def box_object():
    """Makes boxes."""
    return make_box


@pytest.fixture
def ball_object():
    """Makes balls."""
    return make_ball


@pytest.fixture
def small_catalogue():
    """Six objects of known shape."""
    return SmallCatalogue()


def store_scene(dataset: Path, name: str, seed: int = 7) -> None:
    """Write a scene of a red and a blue box, seen in two small views of blocks of colour."""
    rng = np.random.default_rng(seed)
    items = [make_box("box_a", color="red"), make_box("box_b", (0.05, 0.05, 0.05), "blue")]
    poses = [look_at(rng.uniform(-0.2, 0.2, 3), np.array([0, 0, 1.0])) for _ in items]
    instances = tuple(
        Instance(number, item.object_id, item.annotation, pose, "train", tuple(item.extent.tolist()))
        for number, (item, pose) in enumerate(zip(items, poses, strict=True), start=1)
    )
    writer = SceneWriter(dataset, name)
    views = []
    for place in range(2):
        mask = np.zeros((24, 32), np.uint8)
        mask[4:15, 3:14], mask[9:20, 12 + place : 25] = 1, 2
        color = np.repeat(np.repeat(rng.integers(0, 256, (3, 4, 3), dtype=np.uint8), 8, axis=0), 8, axis=1)
        depth = rng.uniform(0.4, 2.0, (24, 32)).astype(np.float32)
        depth[:2] = np.nan
        annotations = writer.write_view(f"view_{place:03d}", color, depth, mask)
        eye = np.array([0.4, 0.2 + place, 0.9])
        camera = PinholeCamera(30.0, 31.0, 15.5, 11.5, 32, 24)
        views.append(View(f"view_{place:03d}", camera, look_at(eye, np.zeros(3)), annotations))
    expressions = tuple(scene_expressions({instance.id: instance.annotation for instance in instances}))
    writer.finish(Scene(name, seed, "train", instances, tuple(views), expressions, {"half_x": 0.5, "half_y": 0.4}))


@pytest.fixture
def stored_dataset(tmp_path):
    """A folder with one scene of two objects in two views."""
    write_dataset_info(tmp_path / "stored", {"command": "test", "scenes": 1})
    store_scene(tmp_path / "stored", "scene_000000")
    return tmp_path / "stored"


@pytest.fixture
def add_scene():
    """Writes another scene into a dataset."""
    return store_scene
