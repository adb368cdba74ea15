"""A frame over its support, against its points transformed one by one."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.cloud import cloud_at, cloud_from_frame
from drop_clip_ros.geometry.relief import relief_over
from drop_clip_ros.geometry.support import find_support


def test_each_pixel_s_coordinates_are_its_point_s_in_the_table_s_frame(boxes):
    plane = find_support(boxes.frame)
    relief = relief_over(boxes.frame, plane, reach=0.3, highest=0.8, farthest=3.75)
    cloud = cloud_from_frame(boxes.frame)
    table = plane.to_table(cloud.xyz)
    table[:, 2] -= plane.warp.at(table[:, :2])
    np.testing.assert_allclose(relief.table(cloud.pixel_index), table, atol=1e-6)
    np.testing.assert_allclose(relief.noise.ravel()[cloud.pixel_index], plane.noise_at(cloud.xyz[:, 2]), atol=2e-5)


def test_near_is_within_reach_of_the_outline_and_has_a_reading(boxes):
    plane = find_support(boxes.frame)
    depth = boxes.frame.depth.copy()
    depth[:3, 5] = [np.nan, -1.0, 0.0]
    frame = replace(boxes.frame, depth=depth)
    relief = relief_over(frame, plane, reach=0.3, highest=0.8, farthest=3.75)
    assert not relief.near[:3, 5].any()
    low, high = plane.outline.min(axis=0) - 0.3, plane.outline.max(axis=0) + 0.3
    table = plane.to_table(frame.camera.back_project(np.where(depth > 0, depth, np.nan)).reshape(-1, 3))
    wanted = ((table[:, :2] > low) & (table[:, :2] < high)).all(axis=1) & (np.abs(table[:, 2] - 0.25) < 0.55)
    assert np.mean(relief.near.ravel() == wanted) > 0.999
    assert 0 < wanted.mean() < 1


def test_points_of_pixels_are_the_back_projected_ones(boxes):
    pixels = np.array([70000, 3, 41234])
    xyz = boxes.frame.camera.back_project(boxes.frame.depth).reshape(-1, 3)[pixels]
    cloud = cloud_at(boxes.frame, pixels)
    np.testing.assert_array_equal(cloud.xyz, xyz)
    np.testing.assert_array_equal(cloud.rgb, boxes.frame.color.reshape(-1, 3)[pixels])


def test_points_are_selected_by_mask_and_by_number(boxes):
    cloud = cloud_from_frame(boxes.frame)
    mask = cloud.xyz[:, 2] < 0.9
    np.testing.assert_array_equal(cloud.select(mask).rgb, cloud.rgb[mask])
    np.testing.assert_array_equal(cloud.select(mask).xyz, cloud.select(np.flatnonzero(mask)).xyz)
    with pytest.raises(CloudError, match="one value for each"):
        cloud.select(mask[:-1])
