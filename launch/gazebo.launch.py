"""`ros2 launch drop_clip_ros gazebo.launch.py`: a table in Gazebo with an RGB-D camera above it, and perception.

Needs ros_gz_sim and ros_gz_bridge (`sudo apt install ros-$ROS_DISTRO-ros-gz`) with Gazebo Harmonic or newer (Jazzy,
Kilted). `drop-clip scenes export-world` writes other worlds: `world:=path/to/another.sdf`.
"""

from ament_index_python.packages import get_package_share_path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.conditions import IfCondition, UnlessCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

SHARE = get_package_share_path("drop_clip_ros")
ARGUMENTS = {
    "world": (str(SHARE / "worlds" / "table.sdf"), "SDF world with the camera"),
    "gui": ("true", "false: no window; the camera is rendered all the same"),
}


def generate_launch_description() -> LaunchDescription:
    """Perception in the simulation's time, Gazebo, and the bridge between the two."""
    simulated = {"use_sim_time": "true"}.items()
    gui, world = LaunchConfiguration("gui"), LaunchConfiguration("world")
    gazebo = PathJoinSubstitution([FindPackageShare("ros_gz_sim"), "launch", "gz_sim.launch.py"])
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in ARGUMENTS.items()),
            IncludeLaunchDescription(str(SHARE / "launch" / "perception.launch.py"), launch_arguments=simulated),
            # -r: the simulation runs from the start; -s: the server without the window.
            IncludeLaunchDescription(
                gazebo, launch_arguments={"gz_args": ["-r ", world]}.items(), condition=IfCondition(gui)
            ),
            IncludeLaunchDescription(
                gazebo,
                launch_arguments={"gz_args": ["-r -s --headless-rendering ", world]}.items(),
                condition=UnlessCondition(gui),
            ),
            Node(
                package="ros_gz_bridge",
                executable="parameter_bridge",
                name="gz_bridge",
                parameters=[{"config_file": str(SHARE / "config" / "gz_bridge.yaml")}],
                output="screen",
            ),
        ]
    )
