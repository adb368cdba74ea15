"""`ros2 launch drop_clip_ros bag.launch.py bag:=FOLDER`: perception on a recorded camera, in the recording's time.

Topics that are not called /camera/color/image_raw and so on are given as for perception.launch.py:
`color_image:=/rgb color_info:=/rgb/camera_info depth_image:=/depth`. `drop-clip play` plays bags without ros2bag.
"""

from ament_index_python.packages import get_package_share_path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription
from launch.conditions import IfCondition, UnlessCondition
from launch.substitutions import LaunchConfiguration

LAUNCH = get_package_share_path("drop_clip_ros") / "launch"
ARGUMENTS = {
    "rate": ("1.0", "how many times faster than recorded"),
    "loop": ("true", "begin again at the end; the clock jumps back, which the node bears"),
}


def generate_launch_description() -> LaunchDescription:
    """Perception, and `ros2 bag play` with its clock."""
    simulated = {"use_sim_time": "true"}.items()
    loop = LaunchConfiguration("loop")
    play = ["ros2", "bag", "play", LaunchConfiguration("bag"), "--clock", "--rate", LaunchConfiguration("rate")]
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="the recording: a folder, or a file of it"),
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in ARGUMENTS.items()),
            IncludeLaunchDescription(str(LAUNCH / "perception.launch.py"), launch_arguments=simulated),
            ExecuteProcess(cmd=[*play, "--loop"], output="screen", condition=IfCondition(loop)),
            ExecuteProcess(cmd=play, output="screen", condition=UnlessCondition(loop)),
        ]
    )
