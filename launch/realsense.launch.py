"""`ros2 launch drop_clip_ros realsense.launch.py`: an Intel RealSense D435 (or another of its series) and perception.

Needs realsense2_camera (`sudo apt install ros-$ROS_DISTRO-realsense2-camera`), 4.54 or newer, which knows
`camera_namespace`. The driver aligns depth to colour, on a topic of its own, and sends both images with one stamp.
Arguments of its launch file can be given here as well: `rgb_camera.color_profile:=640x480x30`.
"""

from ament_index_python.packages import get_package_share_path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

LAUNCH = get_package_share_path("drop_clip_ros") / "launch"
ARGUMENTS = {
    "camera_namespace": ("camera", "namespace of the driver, the first part of its topics"),
    "camera_name": ("camera", "name of the driver, the second part of its topics and the first of its frames"),
}


def generate_launch_description() -> LaunchDescription:
    """Perception first: it sets the middleware up for the driver, too."""
    topics = ["/", LaunchConfiguration("camera_namespace"), "/", LaunchConfiguration("camera_name")]
    perception = {
        "color_image": [*topics, "/color/image_raw"],
        "color_info": [*topics, "/color/camera_info"],
        "depth_image": [*topics, "/aligned_depth_to_color/image_raw"],
        "depth_info": [*topics, "/aligned_depth_to_color/camera_info"],
    }.items()
    driver = PathJoinSubstitution([FindPackageShare("realsense2_camera"), "launch", "rs_launch.py"])
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in ARGUMENTS.items()),
            IncludeLaunchDescription(str(LAUNCH / "perception.launch.py"), launch_arguments=perception),
            IncludeLaunchDescription(
                driver, launch_arguments={"align_depth.enable": "true", "enable_sync": "true"}.items()
            ),
        ]
    )
