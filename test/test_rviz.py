"""The rviz configuration shows what the nodes publish."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
NODES = ROOT / "drop_clip_ros" / "nodes"
CONFIGURATION = yaml.safe_load((ROOT / "rviz" / "drop_clip.rviz").read_text(encoding="utf-8"))["Visualization Manager"]
SHOWN = {
    "/drop_clip/target_cloud": "PointCloud2",
    "/drop_clip/objects_cloud": "PointCloud2",
    "/drop_clip/overlay": "Image",
    "/drop_clip/mask": "Image",
    "/drop_clip/markers": "MarkerArray",
    "/drop_clip/grasp_markers": "MarkerArray",
    "/drop_clip/pick_markers": "MarkerArray",
    "/drop_clip/grasp_goals": "PoseArray",
    "/camera/color/image_raw": "Image",
}


def displays():
    """Displays by topic, those without a topic left out."""
    return {display["Topic"]["Value"]: display for display in CONFIGURATION["Displays"] if "Topic" in display}


def published():
    """Topic and type of each publisher that the nodes make."""
    for path in NODES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            makes = isinstance(node, ast.Call) and getattr(node.func, "attr", "").endswith("_publisher")
            if makes and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                yield node.args[1].value, getattr(node.args[0], "id", "")


def test_every_topic_of_ours_is_shown_by_a_display_of_its_type():
    assert {topic: display["Class"].split("/")[1] for topic, display in displays().items()} == SHOWN
    assert CONFIGURATION["Global Options"]["Fixed Frame"] == "camera_color_optical_frame"


@pytest.mark.parametrize("topic", [topic for topic in SHOWN if topic.startswith("/drop_clip/")])
def test_what_is_shown_is_published(topic):
    assert (topic.removeprefix("/drop_clip/"), SHOWN[topic]) in set(published())


def test_large_topics_keep_one_message():
    assert {display["Topic"]["Depth"] for display in displays().values()} == {1}
