"""Recall and precision of what was kept, and the picture of it."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.evaluation.overlays import support_overlay
from drop_clip_ros.evaluation.support_figures import strip_and_measure, support_figures, support_row


def kept_of(segmenter, kept, view):
    return segmenter({}, kept=kept).encode(view.frame).tabletop


def test_recall_and_precision_are_shares_of_pixels(view, segmenter, area):
    kept = area(2, 2, 8, 8) | area(15, 2, 18, 8) | area(0, 0, 20, 1)  # all of 36, half of 36, and 20 others
    row = support_row(view, kept_of(segmenter, kept, view))
    assert row.recall == pytest.approx(54 / 72)
    assert row.precision == pytest.approx(54 / 74)
    assert row.lost() == (("box", 0.5),)


def test_pixels_without_depth_are_neither_kept_nor_lost(view, segmenter, area):
    depth = np.where(area(15, 2, 18, 8), np.nan, view.frame.depth).astype(np.float32)
    blind = replace(view, frame=replace(view.frame, depth=depth))
    row = support_row(blind, kept_of(segmenter, area(2, 2, 15, 8), blind))
    assert row.recall == 1.0
    assert row.lost() == ()


def test_figures_are_over_frames_and_over_objects(view, segmenter, area):
    rows = [support_row(view, kept_of(segmenter, kept, view)) for kept in (area(2, 2, 8, 8), area(2, 2, 18, 8))]
    figures = support_figures(rows)
    assert figures["recall_mean"] == pytest.approx(0.75)
    assert figures["object_recall_mean"] == pytest.approx(0.75)
    assert figures["precision_median"] == pytest.approx((1 + 72 / 96) / 2)
    assert support_figures([])["recall_mean"] is None


def test_a_frame_without_table_keeps_nothing_and_says_why(view):
    row, tabletop = strip_and_measure(view)
    assert tabletop is None
    assert row.recall == 0.0
    assert "support" in row.error


def test_lost_objects_are_yellow(view):
    assert support_overlay(view, None)[5, 5].tolist() == [255, 230, 0]
