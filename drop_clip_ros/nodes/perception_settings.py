"""The perception node's parameters. config/perception.yaml lists them with the same defaults."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.nodes.parameters import Setting
from drop_clip_ros.student.bundle import DEFAULT_MODEL

if TYPE_CHECKING:
    from drop_clip_ros.geometry.tabletop import TabletopConfig

# Read when the node is configured; what of them may change while it runs is read at each query.
SETTINGS = (
    Setting("autostart", True, "configure and activate without being asked to", fixed=True),
    Setting("threads", 12, "callbacks that may run at once; four of them are kept for the camera", 6, 64, fixed=True),
    Setting("model", DEFAULT_MODEL, "bundle: a name that `drop-clip models list` knows, or a folder"),
    Setting("device", "auto", "where the student runs", choices=("auto", "cpu", "cuda")),
    Setting(
        "precision",
        "auto",
        "of the student; auto = bfloat16 where the processor multiplies it, float32 else",
        choices=("auto", "float32", "bfloat16", "int8"),
    ),
    Setting(
        "compute_threads",
        0,
        "threads that the student computes with; 0 = all cores, or one where that is faster",
        0,
        256,
    ),
    Setting("tabletop_file", "", "YAML file that says how the table is stripped; empty = the defaults"),
    Setting("camera_reliability", "best_effort", "of the camera topics", choices=("best_effort", "reliable")),
    Setting("color_transport", "raw", "which colour topic is subscribed to", choices=("raw", "compressed")),
    Setting("depth_transport", "raw", "which depth topic is subscribed to", choices=("raw", "compressedDepth")),
    Setting(
        "pairing_tolerance", 0.02, "seconds between the stamps of a colour and a depth image of one frame", 0.0, 1.0
    ),
    Setting(
        "depth_scale", 0.0, "metres per unit of the depth image; 0 = millimetres for 16UC1, metres for 32FC1", 0.0, 1.0
    ),
    Setting(
        "depth_alignment",
        "auto",
        "whether depth is already aligned to colour: auto goes by frame ids and camera infos, aligned believes it, "
        "register warps depth by its own camera info and the extrinsics",
        choices=("auto", "aligned", "register"),
    ),
    Setting(
        "depth_pose",
        [],
        "pose of the depth camera in the colour camera's optical frame, x y z qx qy qz qw; empty = from tf",
        lengths=(0, 7),
    ),
    Setting("target_frame", "", "frame of the answers' positions; empty = the colour camera's optical frame"),
    Setting(
        "camera_pose",
        [],
        "pose of the colour camera's optical frame in target_frame, x y z qx qy qz qw; empty = from tf",
        lengths=(0, 7),
    ),
    Setting("tf_timeout", 0.2, "seconds that a transform is waited for", 0.0, 10.0),
    Setting("frame_age", "stamp", "what a frame's age counts from", choices=("stamp", "arrival")),
    Setting(
        "max_age", 0.5, "seconds; how old a frame may be when a query arrives that does not say so itself", 0.0, 3600.0
    ),
    Setting("frame_timeout", 1.0, "seconds that a query waits for a frame that is fresh enough", 0.0, 60.0),
    Setting("threshold", 0.0, "least match probability of an answer; 0 = the bundle's", 0.0, 1.0),
    Setting("negatives", [], "phrases of what is never meant, for every query", item=str),
    Setting("encode_rate", 0.0, "frames per second that are encoded ahead of queries; 0 = on demand alone", 0.0, 30.0),
    Setting("surroundings_reach", 0.3, "metres around the target that its surroundings are cut out from", 0.05, 2.0),
    Setting("diagnostics_period", 1.0, "seconds between messages on /diagnostics", 0.1, 60.0),
)
# These take effect at once; all others only when the node is configured again.
LIVE = ("max_age", "frame_timeout", "threshold", "negatives", "tf_timeout", "frame_age", "surroundings_reach")


def check_settings(settings: SimpleNamespace) -> TabletopConfig | None:
    """Check what the parameters' own ranges do not, and read the table-stripping file that they name.

    Raises:
        ConfigError: a pose that is none, or a pose without a frame; a file that cannot be used.
    """
    poses = {name: getattr(settings, name) for name in ("camera_pose", "depth_pose") if getattr(settings, name)}
    if poses:
        from drop_clip_ros.geometry.rigid import pose_from_numbers

        for name, pose in poses.items():
            pose_from_numbers(pose, f"parameter {name}")
    if settings.camera_pose and not settings.target_frame:
        raise ConfigError("parameter camera_pose is given and target_frame is empty, wanted the frame's name")
    if not settings.tabletop_file:
        return None
    from drop_clip_ros.tabletop_file import read_tabletop_config

    return read_tabletop_config(settings.tabletop_file)
