"""`ros2 launch drop_clip_ros perception.launch.py`: the perception node alone, for a camera that is running already.

What an argument leaves empty is as the parameter file says. Other launch files here include this one; whatever they do
not set themselves can be given to them too: `ros2 launch drop_clip_ros realsense.launch.py target_frame:=base_link`.

The node configures and activates itself. To do that from outside, by a lifecycle manager for instance, give
`autostart:=false`, and then

    ros2 lifecycle set /drop_clip/perception configure
    ros2 lifecycle set /drop_clip/perception activate

or list `drop_clip/perception` in the `node_names` of nav2_lifecycle_manager, with `bond_timeout: 0.0`.
"""

import os

from ament_index_python.packages import get_package_share_path
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

SHARE = get_package_share_path("drop_clip_ros")
# For images and clouds of megabytes (docs/middleware.md), in all processes that are launched after: cameras, too.
PROFILES = str(SHARE / "config" / "fastdds_large_messages.xml")
PROFILES_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")  # Fast DDS 3, and 2
FAST_DDS_2 = ("humble", "iron", "jazzy")
ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": "268435456", "MALLOC_TRIM_THRESHOLD_": "1073741824"}
# Parameters of the node that are arguments here: how the text is read, and what it says.
PARAMETERS = {
    "model": (str, "bundle: a name that `drop-clip models list` knows, or a folder"),
    "target_frame": (str, "frame of the answers' positions, known to tf"),
    "autostart": (bool, "configure and activate without being asked to"),
    "use_sim_time": (bool, "take the time from /clock"),
}
ARGUMENTS = {
    "params_file": (str(SHARE / "config" / "perception.yaml"), "parameter file of the perception node"),
    "namespace": ("drop_clip", "namespace of the node, its topics and services"),
    "color_image": ("/camera/color/image_raw", "colour images; compressed ones are taken from <topic>/compressed"),
    "color_info": ("/camera/color/camera_info", "the colour camera's calibration"),
    "depth_image": ("/camera/depth/image_raw", "depth images; compressed ones are taken from <topic>/compressedDepth"),
    "depth_info": ("/camera/depth/camera_info", "the depth camera's calibration, for depth in a frame of its own"),
    "rviz": ("false", "true: rviz2 with the cloud, mask, box and grasps"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
}


def perception(context: LaunchContext) -> list[Node]:
    """The node, with the arguments that were given."""
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind)
        for name, (kind, _) in PARAMETERS.items()
        if LaunchConfiguration(name).perform(context)
    }
    argument = {name: LaunchConfiguration(name) for name in ARGUMENTS}
    return [
        Node(
            package="drop_clip_ros",
            executable="perception_node",
            name="perception",
            namespace=argument["namespace"],
            parameters=[argument["params_file"], *([given] if given else [])],
            remappings=[
                ("/camera/color/image_raw", argument["color_image"]),
                ("/camera/color/image_raw/compressed", [argument["color_image"], "/compressed"]),
                ("/camera/color/camera_info", argument["color_info"]),
                ("/camera/depth/image_raw", argument["depth_image"]),
                ("/camera/depth/image_raw/compressedDepth", [argument["depth_image"], "/compressedDepth"]),
                ("/camera/depth/camera_info", argument["depth_info"]),
            ],
            arguments=["--ros-args", "--log-level", argument["log_level"]],
            output="screen",
        )
    ]


def middleware() -> list[SetEnvironmentVariable]:
    """The settings for large messages, but for those that the shell has already."""
    settings = dict(ALLOCATION)
    if not any(name in os.environ for name in PROFILES_VARIABLES):
        settings[PROFILES_VARIABLES[os.environ.get("ROS_DISTRO") in FAST_DDS_2]] = PROFILES
    return [SetEnvironmentVariable(name, value) for name, value in settings.items() if name not in os.environ]


def generate_launch_description() -> LaunchDescription:
    """The middleware's settings and the node."""
    described = {name: ("", text) for name, (_, text) in PARAMETERS.items()} | ARGUMENTS
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in described.items()),
            *middleware(),
            OpaqueFunction(function=perception),
            Node(
                package="rviz2",
                executable="rviz2",
                arguments=["-d", str(SHARE / "rviz" / "drop_clip.rviz")],
                condition=IfCondition(LaunchConfiguration("rviz")),
            ),
        ]
    )
