"""Generated objects are sound: as a mesh, as a body for physics, in its size and place."""

import numpy as np
from scipy.spatial import ConvexHull


def _points(thing):
    return np.concatenate([part.vertices for part in thing.parts])


def test_meshes_are_finite_and_indices_and_texture_coordinates_in_range(one_of_each):
    for thing in one_of_each:
        for part in thing.parts:
            assert np.isfinite(part.vertices).all(), thing.object_id
            assert part.faces.min() >= 0, thing.object_id
            assert part.faces.max() < len(part.vertices), thing.object_id
            assert part.uv.shape == (len(part.faces), 3, 2), thing.object_id
            assert part.uv.min() >= 0, thing.object_id
            assert part.uv.max() <= 1, thing.object_id


def test_arrays_have_the_types_that_are_promised(one_of_each):
    for part in (part for thing in one_of_each for part in thing.parts):
        kinds = (part.vertices.dtype, part.faces.dtype, part.uv.dtype, part.texture.dtype)
        assert kinds == (np.float32, np.int32, np.float32, np.uint8)
        assert part.texture.ndim == 3


def test_things_are_between_a_centimetre_and_45_centimetres_wide(one_of_each):
    for thing in one_of_each:
        assert 0.01 < thing.extent.max() < 0.45, thing.object_id


def test_things_stand_on_the_ground_in_the_middle(one_of_each):
    for thing in one_of_each:
        low, high = _points(thing).min(axis=0), _points(thing).max(axis=0)
        np.testing.assert_allclose([low[2], *(low + high)[:2] / 2], 0, atol=1e-6, err_msg=thing.object_id)


def test_faces_look_outward(one_of_each):
    """The signed volume of closed surfaces that look outward is positive (divergence theorem)."""
    for thing in one_of_each:
        volume = 0.0
        for part in thing.parts:
            a, b, c = (part.vertices[part.faces[:, corner]].astype(float) for corner in range(3))
            volume += float(np.einsum("ij,ij->", a, np.cross(b, c)))
        assert volume > 0, thing.object_id


def test_hulls_lie_in_the_bounding_box_and_cover_most_of_it(one_of_each):
    # Stems, wicks, paper tissues and the wire of spirals are not felt.
    thin_parts = {"plum", "apple", "tissue box", "candle", "tomato", "strawberry", "notebook"}
    for thing in one_of_each:
        points, hulls = _points(thing), np.concatenate(thing.hulls)
        assert (hulls.min(axis=0) > points.min(axis=0) - 0.004).all(), thing.object_id
        assert (hulls.max(axis=0) < points.max(axis=0) + 0.004).all(), thing.object_id
        covered = np.ptp(hulls, axis=0) / np.ptp(points, axis=0)
        wanted = 0.5 if thing.annotation.category in thin_parts else 0.8
        assert (covered > wanted).all(), (thing.object_id, covered)


def test_hulls_have_volume(one_of_each):
    for thing in one_of_each:
        assert all(ConvexHull(hull).volume > 0 for hull in thing.hulls), thing.object_id


def test_a_mug_is_hollow_for_physics(catalogue):
    """No hull reaches the axis above the floor: a ball would fall in."""
    mug = catalogue.build("mug_00a")
    rim = mug.extent[2]
    body = np.median(mug.parts[0].vertices[:, :2].astype(float), axis=0)
    probe = np.array([*body, 0.6 * rim])
    inside = [(ConvexHull(hull).equations @ np.append(probe, 1) <= 0).all() for hull in mug.hulls]
    assert not any(inside)


def test_rest_rotations_are_rotations(one_of_each):
    for weight, matrix in (rest for thing in one_of_each for rest in thing.rest_rotations):
        assert weight > 0
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        assert np.isclose(np.linalg.det(matrix), 1)
