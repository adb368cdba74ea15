import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.nodes.camera_messages import camera_info_message, camera_of, distortion_of

CAMERA = PinholeCamera(fx=610.0, fy=612.0, cx=322.5, cy=241.0, width=640, height=480)


def info(**changes):
    """A calibrated camera, as a driver writes it."""
    k = [610.0, 0.0, 322.5, 0.0, 612.0, 241.0, 0.0, 0.0, 1.0]
    message = CameraInfo(width=640, height=480, distortion_model="plumb_bob", d=[0.0] * 5, k=k)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_a_driver_s_calibration_is_read():
    assert camera_of(info()) == CAMERA


def test_a_camera_comes_back_as_it_went():
    message = camera_info_message(CAMERA, Header(frame_id="optical"))
    assert camera_of(message) == CAMERA
    assert message.header.frame_id == "optical"
    np.testing.assert_array_equal(np.reshape(message.p, (3, 4))[:, :3], np.reshape(message.k, (3, 3)))
    assert distortion_of(message) == 0.0


def test_a_region_of_the_whole_image_is_none():
    assert camera_of(info(roi=RegionOfInterest(width=640, height=480), binning_x=1, binning_y=1)) == CAMERA


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": [0.0] * 9}, r"K is all zeros \(uncalibrated\)"),
        ({"k": [610.0, 0, 322.5, 0, 0.0, 241.0, 0, 0, 1]}, "camera info: fy is 0.0, wanted a positive"),
        ({"k": [np.nan, 0, 322.5, 0, 612.0, 241.0, 0, 0, 1]}, "camera info: fx is nan, wanted a finite"),
        ({"width": 0}, "camera info: width is 0, wanted a positive"),
        ({"binning_x": 2}, "binning is 2x0, wanted none"),
        ({"roi": RegionOfInterest(x_offset=10, width=100, height=50)}, r"region of interest is 100x50 at \(10, 0\)"),
    ],
)
def test_what_cannot_be_used_is_refused(changes, message):
    with pytest.raises(FrameError, match=message):
        camera_of(info(**changes))


def test_radial_distortion_by_hand():
    # Farthest from the centre is the corner (0, 0): x = -0.5287, y = -0.3938, r^2 = 0.4346; it moves by k1 r^2 (x, y).
    r = (322.5 / 610) ** 2 + (241 / 612) ** 2
    wanted = 0.05 * r * np.hypot(322.5, 241.0)
    assert distortion_of(info(d=[0.05, 0.0, 0.0, 0.0, 0.0])) == pytest.approx(wanted)


def test_a_denominator_equal_to_the_numerator_cancels():
    d = [0.3, -0.1, 0.0, 0.0, 0.02, 0.3, -0.1, 0.02]
    assert distortion_of(info(distortion_model="rational_polynomial", d=d)) == pytest.approx(0.0, abs=1e-9)


def test_a_fisheye_bends_even_with_small_coefficients():
    message = info(distortion_model="equidistant", d=[1e-9, 0.0, 0.0, 0.0])
    angle = np.arctan(np.hypot(322.5 / 610, 241 / 612))
    wanted = (1 - angle / np.tan(angle)) * np.hypot(322.5, 241.0)
    assert distortion_of(message) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("model", "d"), [("thin_prism", [0.1] * 4), ("plumb_bob", [0.1] * 14)])
def test_an_unknown_model_is_infinitely_far_unless_it_is_zero(model, d):
    assert distortion_of(info(distortion_model=model, d=d)) == np.inf
    assert distortion_of(info(distortion_model=model, d=[0.0] * len(d))) == 0.0
