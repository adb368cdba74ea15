"""Point clouds between ROS messages and arrays. Colour is PCL's: a float32 field `rgb` whose bits are 0x00RRGGBB."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from drop_clip_ros.errors import CloudError
from drop_clip_ros.nodes.image_messages import byte_array

_KINDS = {
    PointField.INT8: "i1",
    PointField.UINT8: "u1",
    PointField.INT16: "i2",
    PointField.UINT16: "u2",
    PointField.INT32: "i4",
    PointField.UINT32: "u4",
    PointField.FLOAT32: "f4",
    PointField.FLOAT64: "f8",
}
_DATATYPES = {np.dtype(kind): number for number, kind in _KINDS.items()}
_XYZ = ("x", "y", "z")


def cloud_message(xyz: np.ndarray, header: Header, rgb: np.ndarray | None = None, **columns: np.ndarray) -> PointCloud2:
    """A point cloud of one row.

    Args:
        xyz: (n, 3) metres; sent as float32.
        header: stamp and frame.
        rgb: (n, 3) uint8.
        columns: further fields by name, (n,) each, of any type that PointField knows; sent as they are.

    Raises:
        CloudError: columns of another length or of a type that PointField does not know.
    """
    n = len(xyz)
    if xyz.shape != (n, 3) or (rgb is not None and (rgb.shape != (n, 3) or rgb.dtype != np.uint8)):
        seen = "" if rgb is None else f" with colours {rgb.dtype} {rgb.shape}"
        raise CloudError(f"points have shape {xyz.shape}{seen}, wanted (n, 3) with uint8 (n, 3)")
    fields: dict[str, np.ndarray] = dict(zip(_XYZ, np.asarray(xyz, np.float32).T, strict=True))
    if rgb is not None:
        red, green, blue = rgb.astype(np.uint32).T
        fields["rgb"] = (red << 16 | green << 8 | blue).view(np.float32)
    for name, column in columns.items():
        column = np.asarray(column)
        if column.shape != (n,) or column.dtype.newbyteorder("=") not in _DATATYPES:
            raise CloudError(
                f"field {name} is {column.dtype} of shape {column.shape}, "
                f"wanted ({n},) of 8 to 32-bit integers, float32 or float64"
            )
        fields[name] = column
    table = np.empty(n, [(name, column.dtype.newbyteorder("<")) for name, column in fields.items()])
    for name, column in fields.items():
        table[name] = column
    message = PointCloud2(header=header, height=1, width=n, is_bigendian=False, point_step=table.dtype.itemsize)
    message.fields = [_field(name, table.dtype) for name in fields]
    message.row_step = n * table.dtype.itemsize
    message.is_dense = bool(np.isfinite(xyz).all())
    message.data = byte_array(table)
    return message


def cloud_arrays(message: PointCloud2) -> dict[str, np.ndarray]:
    """The fields of a point cloud, without the points of which a coordinate is not finite.

    Args:
        message: fields in any order, with any padding and endianness; colour as `rgb` or `rgba`, float32 or uint32.

    Returns:
        "xyz" (n, 3) float32; "rgb" (n, 3) uint8 where there is colour; every other field by its name, (n,) or
        (n, count), of its own type. Organised clouds come row by row.

    Raises:
        CloudError: no x, y, z of floating point, fields that do not fit the message, or too few data.
    """
    points = _points(message)
    names = [name for name in points.dtype.names or () if name not in _XYZ]
    xyz = np.stack([points[name].astype(np.float32) for name in _XYZ], axis=1)
    finite = np.isfinite(xyz).all(axis=1)
    arrays = {"xyz": xyz[finite]}
    for name in names:
        values = points[name][finite]
        if name in ("rgb", "rgba") and values.ndim == 1 and values.dtype.itemsize == 4:
            packed = values.astype(values.dtype.newbyteorder("=")).view(np.uint32)
            arrays["rgb"] = np.stack([packed >> 16, packed >> 8, packed], axis=1).astype(np.uint8)
        else:
            arrays[name] = values.astype(values.dtype.newbyteorder("="))
    return arrays


def _field(name: str, kinds: np.dtype) -> PointField:
    kind, offset = kinds.fields[name][:2]  # type: ignore[index]
    return PointField(name=name, offset=offset, datatype=_DATATYPES[kind.newbyteorder("=")], count=1)


def _points(message: PointCloud2) -> np.ndarray:
    """A view (n,) of a message's points as a structured array; a copy where rows are padded."""
    kind = _layout(message)
    height, width, row = message.height, message.width, message.width * message.point_step
    if height * width == 0:
        return np.empty(0, kind)
    step = message.row_step if height > 1 else row
    if step < row:
        raise CloudError(f"point cloud has row_step {step}, wanted at least {row} for {width} points")
    wanted = (height - 1) * step + row
    if len(message.data) < wanted:
        raise CloudError(f"point cloud has {len(message.data)} bytes, wanted {wanted} for {width}x{height} points")
    return np.ndarray(
        (height, width), kind, buffer=memoryview(message.data), strides=(step, message.point_step)
    ).reshape(-1)


def _layout(message: PointCloud2) -> np.dtype:
    """The structured type of one point; fields without a name are padding."""
    order = ">" if message.is_bigendian else "<"
    fields = {}
    for field in message.fields:
        if field.name in ("", "_"):
            continue
        if field.datatype not in _KINDS or field.name in fields:
            raise CloudError(
                f"point cloud field '{field.name}' has datatype {field.datatype}"
                f"{' and is there twice' if field.name in fields else ''}, wanted each name once with a type 1 to 8"
            )
        kind = np.dtype(order + _KINDS[field.datatype])
        count = max(field.count, 1)
        if field.offset + kind.itemsize * count > message.point_step:
            raise CloudError(
                f"point cloud field '{field.name}' ends at byte {field.offset + kind.itemsize * count}, "
                f"wanted at most the point_step {message.point_step}"
            )
        fields[field.name] = (kind if count == 1 else np.dtype((kind, (count,))), field.offset)
    for name in _XYZ:
        if name not in fields or fields[name][0].kind != "f":
            raise CloudError(
                f"point cloud has fields {', '.join(fields) or 'of no name'}, wanted x, y and z in float32 or float64"
            )
    return np.dtype(
        {
            "names": list(fields),
            "formats": [kind for kind, _ in fields.values()],
            "offsets": [offset for _, offset in fields.values()],
            "itemsize": message.point_step,
        }
    )
