"""Two small stored scenes: flat shapes of plain colours, drawn here, and spaces that need no weights."""

import numpy as np
import pytest

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

OBJECTS = {
    "ball_1": ("ball", "red", (200, 20, 20)),
    "box_1": ("box", "blue", (20, 20, 200)),
    "stick_1": ("stick", "green", (20, 180, 20)),
}
SIZE = (60, 80)


def annotation_of(object_id):
    name, color, _ = OBJECTS[object_id]
    return ObjectAnnotation(
        category=name,
        names=(name,),
        colors=(color,),
        material="plastic",
        affordances=(f"something to {name} with",),
        descriptions=(f"the {color} plastic {name}",),
        hypernyms=("toy",),
    )


def draw(object_ids, shift):
    """Colour and mask of a view: a 20 x 20 disc, square or bar for each object, side by side."""
    color = np.full((*SIZE, 3), 90, np.uint8)
    mask = np.zeros(SIZE, np.uint8)
    row, column = np.mgrid[: SIZE[0], : SIZE[1]]
    for number, object_id in enumerate(object_ids, start=1):
        dy, dx = row - 30 - shift, column - 26 * number + 14 + shift
        shapes = {
            "ball": dx**2 + dy**2 < 100,
            "box": np.maximum(abs(dx), abs(dy)) < 9,
            "stick": (abs(dx) < 4) & (abs(dy) < 20),
        }
        inside = shapes[OBJECTS[object_id][0]]
        color[inside] = OBJECTS[object_id][2]
        mask[inside] = number
    return color, mask


def write_scene(folder, name, object_ids, views=3):
    camera = PinholeCamera(100.0, 100.0, 39.5, 29.5, SIZE[1], SIZE[0])
    writer = SceneWriter(folder, name)
    stored = []
    for number in range(views):
        color, mask = draw(object_ids, number)
        found = writer.write_view(f"view_{number:03}", color, np.ones(SIZE, np.float32), mask)
        stored.append(View(f"view_{number:03}", camera, np.eye(4), found))
    instances = tuple(
        Instance(number, object_id, annotation_of(object_id), np.eye(4))
        for number, object_id in enumerate(object_ids, start=1)
    )
    writer.finish(Scene(name, 0, "train", instances, tuple(stored)))


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """The tensors here are too small to share between threads that other programs keep waiting."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    write_dataset_info(folder, {"scenes": 2})
    write_scene(folder, "scene_000000", ["ball_1", "box_1", "stick_1"])
    write_scene(folder, "scene_000001", ["box_1", "ball_1"])
    return SceneDataset(folder)


class ColorTexts:
    """Texts as their colour words: red, green and blue are the axes; other texts lie between them."""

    name = "colors"
    dim = 3

    def encode(self, texts):
        words = ("red", "green", "blue")
        objects = {name: color for name, color, _ in OBJECTS.values()}
        rows = np.array(
            [[any(w == word or objects.get(w) == word for w in text.split()) for word in words] for text in texts]
        )
        rows = rows + 0.2
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class ColorImages:
    """Pictures as the mean colour of what is neither black, grey nor white."""

    name = "mean-color"
    dim = 3
    text_space = "colors"

    def encode_images(self, images):
        rows = []
        for image in images:
            pixels = image.reshape(-1, 3).astype(np.float32)
            colored = pixels[np.ptp(pixels, axis=1) > 40]
            rows.append(colored.mean(axis=0) if len(colored) else np.ones(3))
        rows = np.array(rows)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def color_texts():
    return ColorTexts()


@pytest.fixture
def color_images():
    return ColorImages()
