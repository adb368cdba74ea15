"""Bags are written by rosbags itself; their messages need not be real for the topics to be found."""

import pytest

from drop_clip_ros.bag_files import COMPRESSED, IMAGE, INFO, BagTopic, CameraBag, find_camera_topics, is_bag
from drop_clip_ros.errors import FrameError

REALSENSE = {
    "/camera/color/image_raw": IMAGE,
    "/camera/color/image_raw/compressed": COMPRESSED,
    "/camera/color/camera_info": INFO,
    "/camera/depth/image_rect_raw": IMAGE,
    "/camera/depth/camera_info": INFO,
    "/camera/aligned_depth_to_color/image_raw": IMAGE,
    "/camera/aligned_depth_to_color/camera_info": INFO,
    "/camera/infra1/image_rect_raw": IMAGE,
    "/tf_static": "tf2_msgs/msg/TFMessage",
}


def topics(names, count=3):
    return [BagTopic(name, kind, count) for name, kind in names.items()]


def found(names, **told):
    return {role: topic.name for role, topic in find_camera_topics(topics(names), told).items()}


@pytest.fixture(params=["sqlite3", "mcap"])
def bag(request, write_bag, tmp_path):
    """Three frames, 0.1 s apart, depth before colour, and a topic that is no camera's."""
    messages = []
    for number in range(3):
        time = 1_000_000_000 + 100_000_000 * number
        messages += [
            ("/camera/color/camera_info", INFO, time, b"info%d" % number),
            ("/camera/depth/image_raw", IMAGE, time + 1, b"depth%d" % number),
            ("/camera/color/image_raw", IMAGE, time + 2, b"color%d" % number),
            ("/chatter", "std_msgs/msg/String", time + 3, b"hello"),
        ]
    return write_bag(tmp_path / "bag", request.param, messages)


def test_messages_come_as_they_were_recorded(bag):
    with CameraBag(bag) as camera:
        messages = [(message.role, message.time, message.data) for message in camera.messages()]
        assert camera.seconds == pytest.approx(0.2, abs=1e-6)
    assert [data for _, _, data in messages] == [
        name + b"%d" % number for number in range(3) for name in (b"info", b"depth", b"color")
    ]
    assert messages[1] == ("depth", 1_000_000_001, b"depth0")
    assert messages[-1] == ("color", 1_200_000_002, b"color2")


def test_a_bag_can_be_read_twice(bag):
    with CameraBag(bag) as camera:
        assert list(camera.messages()) == list(camera.messages())


def test_one_file_of_a_bag_is_enough(bag):
    file = next(path for path in bag.iterdir() if path.suffix in (".db3", ".mcap"))
    with CameraBag(file) as camera:
        assert len(list(camera.messages())) == 9
    (bag / "metadata.yaml").unlink()
    assert is_bag(bag)
    with CameraBag(bag) as camera:
        assert len(list(camera.messages())) == 9


def test_bags_are_told_from_folders_of_frames(bag, tmp_path):
    (tmp_path / "frame").mkdir()
    (tmp_path / "frame" / "color.png").touch()
    assert [is_bag(bag), is_bag(tmp_path / "frame"), is_bag(tmp_path / "nowhere")] == [True, False, False]


def test_aligned_depth_and_raw_colour_come_first():
    assert found(REALSENSE) == {
        "color": "/camera/color/image_raw",
        "depth": "/camera/aligned_depth_to_color/image_raw",
        "color_info": "/camera/color/camera_info",
        "depth_info": "/camera/aligned_depth_to_color/camera_info",
    }


def test_a_topic_that_is_told_is_taken_with_its_calibration():
    names = found(REALSENSE, color="camera/color/image_raw/compressed", depth="/camera/depth/image_rect_raw")
    assert names == {
        "color": "/camera/color/image_raw/compressed",
        "depth": "/camera/depth/image_rect_raw",
        "color_info": "/camera/color/camera_info",
        "depth_info": "/camera/depth/camera_info",
    }


def test_compressed_images_are_taken_where_there_are_no_raw_ones():
    names = {
        "/rgb/image_raw/compressed": COMPRESSED,
        "/rgb/image_raw/theora": COMPRESSED,
        "/rgb/camera_info": INFO,
        "/depth_to_rgb/image_raw/compressed": COMPRESSED,
        "/depth_to_rgb/image_raw/compressedDepth": COMPRESSED,
    }
    assert found(names) == {
        "color": "/rgb/image_raw/compressed",
        "depth": "/depth_to_rgb/image_raw/compressedDepth",
        "color_info": "/rgb/camera_info",
    }


def test_a_calibration_shared_by_both_images_is_the_colour_s():
    names = {"/cam/rgb": IMAGE, "/cam/depth": IMAGE, "/cam/camera_info": INFO}
    assert found(names) == {"color": "/cam/rgb", "depth": "/cam/depth", "color_info": "/cam/camera_info"}


def test_a_topic_without_messages_is_not_taken():
    silent = [BagTopic("/camera/aligned_depth_to_color/image_raw", IMAGE, 0)]
    others = topics({name: kind for name, kind in REALSENSE.items() if "aligned" not in name})
    assert find_camera_topics(silent + others, {})["depth"].name == "/camera/depth/image_rect_raw"


@pytest.mark.parametrize(
    ("names", "told", "message"),
    [
        (
            {"/a/color": IMAGE, "/b/color": IMAGE},
            {},
            r"2 colour topics, choose with --color-topic: /a/color \(Image\), /b",
        ),
        ({"/depth": IMAGE}, {}, r"no colour topic found, name one with --color-topic; there are: /depth \(Image\)"),
        ({"/color": IMAGE}, {}, r"no depth topic found, name one with --depth-topic; there are: /color \(Image\)"),
        (
            {"/color": IMAGE, "/depth": IMAGE},
            {},
            "no colour camera info topic found, name one with --info-topic; .*none",
        ),
        (REALSENSE, {"color": "/tf_static"}, "/tf_static is of type tf2_msgs/msg/TFMessage, wanted one of: /camera"),
        (REALSENSE, {"depth": "/other"}, "topic /other is missing or empty, wanted one of: /camera/color/image_raw"),
    ],
)
def test_topics_that_cannot_be_told_apart_are_named(names, told, message):
    with pytest.raises(FrameError, match=message):
        found(names, **told)


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_a_damaged_bag_is_refused_in_one_line(write_bag, tmp_path, storage, share):
    messages = [
        (name, kind, 1_000 + number, bytes(20_000))
        for number in range(9)
        for name, kind in REALSENSE.items()
        if kind != "tf2_msgs/msg/TFMessage"
    ]
    folder = write_bag(tmp_path / "bag", storage, messages)
    file = next(path for path in folder.iterdir() if path.suffix in (".db3", ".mcap"))
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(FrameError, match="wanted") as refused, CameraBag(folder) as camera:
        list(camera.messages())
    assert "\n" not in str(refused.value)
    assert str(folder) in str(refused.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "rosbag2_bagfile_information: {version: 5}"])
def test_a_folder_with_other_metadata_is_refused(tmp_path, text):
    pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")
    (tmp_path / "metadata.yaml").write_text(text)
    with pytest.raises(FrameError, match="wanted a rosbag2 of sqlite3 or mcap"):
        CameraBag(tmp_path)


def test_no_bag_is_refused(tmp_path):
    pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")
    with pytest.raises(FrameError, match="no such file or folder"):
        CameraBag(tmp_path / "nowhere")
    with pytest.raises(FrameError, match=r"no metadata.yaml and 0 .db3 or .mcap files"):
        CameraBag(tmp_path)
