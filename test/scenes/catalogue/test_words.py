"""What language may say about generated objects is there and true."""

import re

import numpy as np
import pytest

from drop_clip_ros.scenes.catalogue.colors import PALETTE, admissible_names
from drop_clip_ros.scenes.catalogue.contact_sheet import sample_texture

# Here the named colour is that of a leaf or of a narrow frame, not of most of the surface.
PARTLY = {"potted plant", "picture frame"}


@pytest.fixture(scope="module")
def annotations(catalogue):
    return [catalogue.annotation(object_id) for object_id in catalogue.object_ids[::3]]


def visible_colors(thing, rays=32):
    """(n, 3) sRGB where rays from four sides and from above meet the object."""
    open3d = pytest.importorskip("open3d")
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    for part in thing.parts:
        scene.add_triangles(open3d.core.Tensor(part.vertices), open3d.core.Tensor(part.faces.astype(np.uint32)))
    middle, reach = np.array([0, 0, thing.extent[2] / 2]), np.linalg.norm(thing.extent)
    steps = np.linspace(-0.5, 0.5, rays) * reach
    found = []
    for away in np.array([[1, 0, 0.6], [-1, 0, 0.6], [0, 1, 0.6], [0, -1, 0.6], [0, 0.01, 1]]):
        away = away / np.linalg.norm(away)
        right = np.cross([0.3, 0.2, 1.0], away)
        right /= np.linalg.norm(right)
        up = np.cross(away, right)
        starts = middle + away * 2 * reach + steps[:, None, None] * right + steps[None, :, None] * up
        lines = np.concatenate([starts, np.broadcast_to(-away, starts.shape)], -1).astype(np.float32)
        hits = {key: value.numpy() for key, value in scene.cast_rays(open3d.core.Tensor(lines)).items()}
        for number, part in enumerate(thing.parts):
            mask = hits["geometry_ids"] == number
            found.append(sample_texture(part, hits["primitive_ids"][mask], hits["primitive_uvs"][mask]))
    return np.concatenate(found)


def test_named_colors_are_seen(catalogue):
    """The first colour named covers at least a third of what is seen."""
    missed = []
    objects = [
        catalogue.build(catalogue.ids_of(category=name)[-1]) for name in catalogue.categories[::5] if name not in PARTLY
    ]
    for thing in (thing for thing in objects if thing.annotation.colors):
        colors, counts = np.unique(visible_colors(thing).astype(int) // 8 * 8 + 4, axis=0, return_counts=True)
        named = [thing.annotation.colors[0] in admissible_names(tuple(color)) for color in colors.tolist()]
        if (counts * named).sum() < counts.sum() / 3:
            missed.append(thing.object_id)
    # A share of metal, wood or labels may outweigh the named part of a tool; it must stay rare.
    assert len(missed) <= 0.06 * len(objects), missed


def test_every_palette_color_goes_by_its_name():
    for name, variants in PALETTE.items():
        assert sum(name in admissible_names(rgb) for rgb in variants) >= len(variants) - 1, name


def test_every_object_has_names_affordances_and_descriptions(annotations):
    for annotation in annotations:
        assert annotation.names, annotation
        assert len(annotation.affordances) >= 2, annotation
        assert annotation.descriptions, annotation
        assert annotation.hypernyms, annotation


def test_no_phrase_has_an_unfilled_field_or_a_hole(annotations):
    for annotation in annotations:
        for phrase in (*annotation.names, *annotation.affordances, *annotation.descriptions):
            assert not re.search(r"[{}]|  |^ | $|None", phrase), (annotation.category, phrase)


def test_descriptions_name_no_color_that_the_object_lacks(annotations):
    words = "|".join(sorted(PALETTE, key=len, reverse=True))
    for annotation in annotations:
        said = {color for phrase in annotation.descriptions for color in re.findall(rf"\b({words})\b", phrase.lower())}
        own_names = " ".join((*annotation.names, annotation.title, annotation.category)).lower()
        known = (own_names, *annotation.colors)  # "green" is said of light green, too
        foreign = {color for color in said if not any(color in words for words in known)}
        # What all of a kind have: a white line on a tennis ball, black wheels.
        allowed = {"tennis ball": {"white"}, "ketchup bottle": {"white"}, "toy car": {"black"}, "strawberry": {"green"}}
        allowed |= {"tomato": {"green"}}
        assert foreign <= allowed.get(annotation.category, set()), (annotation.category, foreign)


def test_the_annotation_without_building_is_the_built_objects(catalogue):
    for object_id in ("mug_00a", "soup_can_03b", "rubiks_cube_01a"):
        assert catalogue.annotation(object_id) == catalogue.build(object_id).annotation


def test_an_accent_that_the_style_does_not_show_is_not_named(catalogue):
    mugs = [catalogue.annotation(object_id) for object_id in catalogue.ids_of(category="mug")]
    for mug in mugs:
        shown = any(mug.colors[-1] in phrase.partition(" with ")[2] for phrase in mug.descriptions)
        assert len(mug.colors) == 1 or shown, mug
    assert {len(mug.colors) for mug in mugs} == {1, 2}
