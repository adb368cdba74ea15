"""`ros2 launch drop_clip_ros demo.launch.py`: three phrases about the frame that comes with the package."""

import sys

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration


def generate_launch_description() -> LaunchDescription:
    """Run `drop-clip demo`; the pictures go to the folder `out`."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("out", default_value="drop_clip_demo", description="folder of the pictures"),
            # As a module: colcon puts the program where only `ros2 run` looks.
            ExecuteProcess(
                cmd=[sys.executable, "-m", "drop_clip_ros.cli.main", "demo", "--out", LaunchConfiguration("out")],
                output="screen",
            ),
        ]
    )
