import struct

import numpy as np
import pytest
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from drop_clip_ros.errors import CloudError
from drop_clip_ros.nodes.cloud_messages import cloud_arrays, cloud_message

XYZ = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
RGB = np.random.default_rng(1).integers(0, 256, (6, 3), np.uint8)
F32, F64, U32, U8 = PointField.FLOAT32, PointField.FLOAT64, PointField.UINT32, PointField.UINT8


def cloud(fields, point_format, rows, step, padding=0, height=1, bigendian=False):
    """A message put together with `struct`: fields (name, offset, datatype), points of one row after another."""
    order = ">" if bigendian else "<"
    points = [struct.pack(order + point_format, *row).ljust(step, b"\xee") for row in rows]
    width = len(points) // height
    lines = [b"".join(points[row * width : (row + 1) * width]) + b"\xee" * padding for row in range(height)]
    message = PointCloud2(height=height, width=width, point_step=step, row_step=width * step + padding)
    message.fields = [PointField(name=name, offset=at, datatype=kind, count=1) for name, at, kind in fields]
    message.is_bigendian = bigendian
    message.data = b"".join(lines)
    return message


def packed(rgb):
    """Bits of PCL's colour as the whole number 0x00RRGGBB."""
    return [int(red) * 65536 + int(green) * 256 + int(blue) for red, green, blue in rgb]


def test_a_message_has_pcls_layout():
    message = cloud_message(
        XYZ, Header(frame_id="optical"), RGB, score=np.float32([0.5] * 6), label=np.arange(6, dtype=np.uint32)
    )
    wanted = [("x", 0, F32), ("y", 4, F32), ("z", 8, F32), ("rgb", 12, F32), ("score", 16, F32), ("label", 20, U32)]
    assert [(field.name, field.offset, field.datatype) for field in message.fields] == wanted
    rows = [(*point, color, 0.5, label) for label, (point, color) in enumerate(zip(XYZ, packed(RGB), strict=True))]
    other = cloud(wanted, "fffIfI", rows, 24)
    other.header.frame_id, other.is_dense = "optical", True
    assert message == other


def test_a_cloud_comes_back_as_it_went():
    label = np.arange(6, dtype=np.uint32)
    arrays = cloud_arrays(cloud_message(XYZ, Header(), RGB, label=label))
    assert list(arrays) == ["xyz", "rgb", "label"]
    np.testing.assert_array_equal(arrays["xyz"], XYZ)
    np.testing.assert_array_equal(arrays["rgb"], RGB)
    np.testing.assert_array_equal(arrays["label"], label)
    assert arrays["label"].dtype == np.uint32


def test_an_empty_cloud_comes_back_empty():
    message = cloud_message(np.zeros((0, 3), np.float32), Header(), np.zeros((0, 3), np.uint8), score=np.zeros(0))
    assert (message.width, len(message.data)) == (0, 0)
    shapes = {name: values.shape for name, values in cloud_arrays(message).items()}
    assert shapes == {"xyz": (0, 3), "rgb": (0, 3), "score": (0,)}


@pytest.mark.parametrize("bigendian", [False, True])
@pytest.mark.parametrize("color", ["rgb", "rgba"])
@pytest.mark.parametrize("datatype", [F32, U32])
def test_any_layout_is_read(datatype, color, bigendian):
    fields = [("intensity", 0, U8), (color, 4, datatype), ("z", 8, F64), ("y", 16, F32), ("x", 20, F32)]
    rows = [
        (7, value | 0xFF000000 * (color == "rgba"), point[2], point[1], point[0])
        for point, value in zip(XYZ, packed(RGB), strict=True)
    ]
    message = cloud(fields, "B3xIdff", rows, step=32, padding=5, height=2, bigendian=bigendian)
    arrays = cloud_arrays(message)
    np.testing.assert_array_equal(arrays["xyz"], XYZ)
    np.testing.assert_array_equal(arrays["rgb"], RGB)
    np.testing.assert_array_equal(arrays["intensity"], [7] * 6)
    assert all(values.dtype.isnative for values in arrays.values())


def test_points_that_are_not_finite_are_dropped_with_their_fields():
    xyz = XYZ.copy()
    xyz[1, 2], xyz[4, 0] = np.nan, np.inf
    message = cloud_message(xyz, Header(), RGB, score=np.arange(6, dtype=np.float32))
    assert not message.is_dense
    arrays = cloud_arrays(message)
    np.testing.assert_array_equal(arrays["xyz"], XYZ[[0, 2, 3, 5]])
    np.testing.assert_array_equal(arrays["rgb"], RGB[[0, 2, 3, 5]])
    np.testing.assert_array_equal(arrays["score"], [0, 2, 3, 5])


def test_a_point_is_not_dropped_for_another_field():
    arrays = cloud_arrays(cloud_message(XYZ, Header(), curvature=np.full(6, np.nan)))
    assert (len(arrays["xyz"]), arrays["curvature"].dtype) == (6, np.float64)


def test_fields_of_several_values_and_padding_fields():
    message = cloud([("x", 0, F32), ("y", 4, F32), ("z", 8, F32)], "fffff4x", [(*point, 1.0, 2.0) for point in XYZ], 24)
    message.fields += [
        PointField(name="normal", offset=12, datatype=F32, count=2),
        PointField(name="", offset=20, datatype=U8, count=4),
    ]
    arrays = cloud_arrays(message)
    assert list(arrays) == ["xyz", "normal"]
    np.testing.assert_array_equal(arrays["normal"], [[1.0, 2.0]] * 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": b"\0" * 100}, "100 bytes, wanted 120 for 3x2 points"),
        ({"row_step": 50}, "row_step 50, wanted at least 60"),
        ({"point_step": 10}, "field 'z' ends at byte 12, wanted at most the point_step 10"),
        ({"fields": []}, "fields of no name, wanted x, y and z"),
        ({"fields": [PointField(name=name, datatype=U32, count=1) for name in "xyz"]}, "wanted x, y and z in float32"),
        ({"fields": [PointField(name="x", datatype=9, count=1)]}, "datatype 9, wanted"),
        ({"fields": [PointField(name="x", datatype=F32, count=1)] * 2}, "is there twice"),
    ],
)
def test_damaged_messages_are_refused(change, message):
    damaged = cloud([("x", 0, F32), ("y", 4, F32), ("z", 8, F32)], "fff", XYZ, 20, height=2)
    for name, value in change.items():
        setattr(damaged, name, value)
    with pytest.raises(CloudError, match=message):
        cloud_arrays(damaged)


@pytest.mark.parametrize(
    ("xyz", "columns", "message"),
    [
        (XYZ[:, :2], {}, "points have shape"),
        (XYZ, {"rgb": RGB[:3]}, "points have shape"),
        (XYZ, {"rgb": RGB / 255}, "colours float64"),
        (XYZ, {"label": np.arange(5)}, "field label is int64 of shape"),
        (XYZ, {"label": np.arange(6)}, "field label is int64 of shape"),
    ],
)
def test_columns_that_do_not_fit_are_refused(xyz, columns, message):
    with pytest.raises(CloudError, match=message):
        cloud_message(xyz, Header(), **columns)


def test_sensor_msgs_py_reads_the_same():
    point_cloud2 = pytest.importorskip("sensor_msgs_py.point_cloud2", reason="comes with a ROS 2 distribution, not pip")
    xyz = XYZ.copy()
    xyz[2, 1] = np.nan
    message = cloud_message(xyz, Header(), RGB, score=np.arange(6, dtype=np.float32))
    theirs, ours = point_cloud2.read_points(message, skip_nans=True), cloud_arrays(message)
    np.testing.assert_array_equal(np.stack([theirs[name] for name in "xyz"], axis=1), ours["xyz"])
    np.testing.assert_array_equal(theirs["score"], ours["score"])
    np.testing.assert_array_equal(np.ascontiguousarray(theirs["rgb"]).view(np.uint32), packed(ours["rgb"]))


def test_sensor_msgs_py_writes_what_we_read_and_write():
    point_cloud2 = pytest.importorskip("sensor_msgs_py.point_cloud2", reason="comes with a ROS 2 distribution, not pip")
    theirs = point_cloud2.create_cloud_xyz32(Header(), XYZ)
    np.testing.assert_array_equal(cloud_arrays(theirs)["xyz"], XYZ)
    ours = cloud_message(XYZ, Header())
    assert (ours.fields, ours.data, ours.row_step) == (theirs.fields, theirs.data, theirs.row_step)
