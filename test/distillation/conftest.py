"""A catalogue of three objects, a text space of summed words, and packed clouds of coloured boxes."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.clouds import UNIT
from drop_clip_ros.distillation.targets import build_targets
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import ReferringExpression
from drop_clip_ros.scenes.storage import Instance, Scene, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

torch.set_num_threads(1)
COLORS = {"mug-red": (200, 30, 30), "mug-blue": (30, 40, 200), "banana": (230, 210, 40)}


class WordSpace:
    """Each word is a random vector, each text the unit sum of its words."""

    name, dim = "words", 24

    def encode(self, texts):
        return np.stack([self._row(text) for text in texts])

    def _row(self, text):
        words = [np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dim) for word in text.split()]
        total = np.sum(words, axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


@pytest.fixture(scope="session")
def space():
    return WordSpace()


@pytest.fixture(scope="session")
def annotations():
    mug = ObjectAnnotation(
        category="mug",
        names=("mug", "coffee mug"),
        colors=("red",),
        material="ceramic",
        affordances=("something to drink from", "a vessel for tea"),
        descriptions=("the red mug with a handle",),
        hypernyms=("drinkware",),
    )
    banana = ObjectAnnotation("banana", ("banana",), ("yellow",), affordances=("something to eat",))
    blue = replace(mug, colors=("light blue", "white"), descriptions=("the light blue mug",))
    return {"mug-red": mug, "mug-blue": blue, "banana": banana}


@pytest.fixture(scope="session")
def table(annotations, space):
    return build_targets(annotations, space)


def box_points(center, size, count, rng):
    points = rng.uniform(-0.5, 0.5, (count, 3))
    points[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-0.5, 0.5], count)
    return points * size + center


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    """A folder with two packed scenes of two views each: three boxes in their objects' colours and some table."""
    folder = tmp_path_factory.mktemp("clouds")
    for number in range(2):
        rng, parts = np.random.default_rng(number), []
        for _ in range(2):
            for label, color in enumerate(COLORS.values(), start=1):
                center = (0.12 * label - 0.24, 0.05 * number, 0.03)
                parts.append((box_points(center, (0.05, 0.05, 0.06), 900, rng), color, label))
            parts.append((rng.uniform((-0.3, -0.2, 0.005), (0.3, 0.2, 0.01), (200, 3)), (120, 90, 60), 0))
        np.savez(
            folder / f"scene_{number:06d}.npz",
            xyz=np.round(np.concatenate([xyz for xyz, _, _ in parts]) / UNIT).astype(np.int16),
            rgb=np.concatenate([np.tile(np.uint8(color), (len(xyz), 1)) for xyz, color, _ in parts]),
            labels=np.concatenate([np.full(len(xyz), label, np.uint8) for xyz, _, label in parts]),
            starts=np.array([0, 2900, 5800]),
            object_ids=np.array(list(COLORS)),
        )
    return folder


def write_scene(folder, number, annotations, view):
    """A stored scene of a ray-cast table whose box k + 1 is the k-th annotated object."""
    names = list(annotations)
    instances = [Instance(k + 1, name, annotations[name], np.eye(4)) for k, name in enumerate(names)]
    expressions = [
        ReferringExpression(f"{annotations[name].colors[0]} {annotations[name].names[0]}", "attribute", (k + 1,))
        for k, name in enumerate(names)
    ]
    writer = SceneWriter(folder, f"scene_{number:06d}")
    color = np.array([(120, 90, 60), *(COLORS[name] for name in names)], np.uint8)[np.maximum(view.labels, 0)]
    mask = np.maximum(view.labels, 0).astype(np.uint8)
    areas = writer.write_view("view_000", color, view.frame.depth, mask)
    stored = View("view_000", view.frame.camera, view.pose(), areas)
    writer.finish(Scene(f"scene_{number:06d}", number, "train", tuple(instances), (stored,), tuple(expressions)))


@pytest.fixture(scope="session")
def dataset(tmp_path_factory, annotations, table_scene):
    """Two stored scenes of three boxes, 8 x 8 x 10 cm, seen from two sides."""
    folder = tmp_path_factory.mktemp("scenes")
    for number, elevation in enumerate((40.0, 60.0)):
        middles = [(-0.25, 0.0, 0.05), (0.0, 0.05 * number, 0.05), (0.25, 0.0, 0.05)]
        boxes = [(middle, (0.08, 0.08, 0.1)) for middle in middles]
        write_scene(folder, number, annotations, table_scene(boxes=boxes, elevation=elevation))
    write_dataset_info(folder, {"scenes": 2})
    return folder
