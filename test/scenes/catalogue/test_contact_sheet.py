"""Contact sheets show the objects."""

import numpy as np
import pytest

from drop_clip_ros.scenes.catalogue.contact_sheet import contact_sheet, picture

pytest.importorskip("open3d")


def test_a_sheet_has_a_cell_for_each_object(catalogue):
    sheet = contact_sheet(catalogue, ["mug_00a", "apple_00a", "book_00a"], columns=2, cell=32)
    assert sheet.size == (64, 2 * (32 + 14))


def test_a_tomato_is_a_red_thing_in_the_middle(catalogue):
    image = picture(catalogue.build("tomato_00a"), 64).astype(int)
    red, green, _ = image[28:44, 24:40].reshape(-1, 3).mean(axis=0)
    assert red > 2 * green
    assert image[0, 0].std() == 0


def test_up_is_up(catalogue):
    """A lollipop-like wine glass: the foot's stem is thin, so the upper half holds more object than the middle."""
    image = picture(catalogue.build("wine_glass_00a"), 96, elevation=5)
    covered = (np.abs(image.astype(int) - 225).max(axis=2) > 8).sum(axis=1)
    assert covered[20:45].mean() > 2 * covered[58:72].mean()
