"""`ros2 launch drop_clip_ros pick.launch.py`: perception, grasp detection and picking.

`camera:=realsense` brings the camera up as well. Arguments of perception.launch.py and of the camera's launch file hold
here, too. Without `execute_service` grasps are proposed, and nothing moves.
"""

from ament_index_python.packages import get_package_share_path
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition, UnlessCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

SHARE = get_package_share_path("drop_clip_ros")
# Launch files beside this one; each brings up the perception node.
CAMERAS = ("perception", "realsense", "orbbec", "bag", "gazebo")
ARGUMENTS = {
    "outside_detector": ("false", "true: grasps come from outside_detector_node instead of grasp_detection_node"),
    "grasp_params_file": (str(SHARE / "config" / "grasp_detection.yaml"), "parameter file of the grasp detection"),
    "outside_params_file": (str(SHARE / "config" / "outside_detector.yaml"), "parameter file of the outside detector"),
    "pick_params_file": (str(SHARE / "config" / "pick.yaml"), "parameter file of the pick node"),
    "execute_service": ("", "ExecuteGrasp service that moves the robot; empty = as the parameter file says"),
}


def nodes(context: LaunchContext) -> list[Node]:
    """Grasp detection, ours or an outside one, and picking, beside the perception node."""

    def node(executable: str, params_file: str, given: dict | None = None, **options) -> Node:
        clock = LaunchConfiguration("use_sim_time")
        given = dict(given or {})
        if clock.perform(context):
            given["use_sim_time"] = ParameterValue(clock, value_type=bool)
        return Node(
            package="drop_clip_ros",
            executable=executable,
            name=executable.removesuffix("_node"),
            namespace=LaunchConfiguration("namespace"),
            parameters=[LaunchConfiguration(params_file), *([given] if given else [])],
            arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
            output="screen",
            **options,
        )

    outside, service = LaunchConfiguration("outside_detector"), LaunchConfiguration("execute_service")
    execute = {"execute_service": ParameterValue(service, value_type=str)} if service.perform(context) else None
    return [
        node("grasp_detection_node", "grasp_params_file", condition=UnlessCondition(outside)),
        node("outside_detector_node", "outside_params_file", condition=IfCondition(outside)),
        node("pick_node", "pick_params_file", execute),
    ]


def generate_launch_description() -> LaunchDescription:
    """Perception, with or without a camera, and the middleware's settings; then the others."""
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=v, description=text) for name, (v, text) in ARGUMENTS.items()),
            DeclareLaunchArgument(
                "camera",
                default_value="perception",
                choices=CAMERAS,
                description="perception: the camera is running already; else the launch file that brings it up",
            ),
            IncludeLaunchDescription([f"{SHARE}/launch/", LaunchConfiguration("camera"), ".launch.py"]),
            OpaqueFunction(function=nodes),
        ]
    )
