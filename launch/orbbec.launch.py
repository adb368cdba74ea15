"""`ros2 launch drop_clip_ros orbbec.launch.py`: an Orbbec camera and perception.

Needs orbbec_camera (`sudo apt install ros-$ROS_DISTRO-orbbec-camera` on Humble and Jazzy, else its sources). `driver`
names the launch file of your series: gemini_330_series.launch.py, gemini2.launch.py, femto_bolt.launch.py,
astra.launch.py, ... With `depth_registration` the driver's depth image is aligned to colour, on its usual topic.
"""

from ament_index_python.packages import get_package_share_path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

LAUNCH = get_package_share_path("drop_clip_ros") / "launch"
ARGUMENTS = {
    "driver": ("gemini_330_series.launch.py", "launch file of orbbec_camera for your series"),
    "camera_name": ("camera", "namespace of the driver, the first part of its topics and frames"),
}


def generate_launch_description() -> LaunchDescription:
    """Perception first: it sets the middleware up for the driver, too."""
    topics = ["/", LaunchConfiguration("camera_name")]
    perception = {
        "color_image": [*topics, "/color/image_raw"],
        "color_info": [*topics, "/color/camera_info"],
        "depth_image": [*topics, "/depth/image_raw"],
        "depth_info": [*topics, "/depth/camera_info"],
    }.items()
    driver = PathJoinSubstitution([FindPackageShare("orbbec_camera"), "launch", LaunchConfiguration("driver")])
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in ARGUMENTS.items()),
            IncludeLaunchDescription(str(LAUNCH / "perception.launch.py"), launch_arguments=perception),
            IncludeLaunchDescription(
                driver, launch_arguments={"depth_registration": "true", "enable_frame_sync": "true"}.items()
            ),
        ]
    )
