"""An RGB-D camera's messages in a rosbag2, sqlite3 or mcap, read without ROS: topics are found, data stay as stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from drop_clip_ros.errors import FrameError, MissingDependencyError

IMAGE, COMPRESSED, INFO = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/CameraInfo"
COLOR, DEPTH, COLOR_INFO, DEPTH_INFO = ROLES = ("color", "depth", "color_info", "depth_info")
# What image_transport appends to the name of a topic, and where a calibration stands beside an image.
_TRANSPORTS = ("/compressed", "/compressedDepth")
_COLOR_WORDS, _DEPTH_WORDS = ("color", "colour", "rgb"), ("depth",)
_NEITHER = ("infra", "/ir/", "disparity", "mask", "label", "overlay", "confidence")


@dataclass(frozen=True)
class BagTopic:
    """A topic of a bag.

    Args:
        name: with its leading slash.
        type: as ROS 2 writes it, "sensor_msgs/msg/Image".
        count: its messages.
    """

    name: str
    type: str
    count: int

    @property
    def compressed(self) -> bool:
        """Whether its images are JPEG or PNG."""
        return self.type == COMPRESSED


@dataclass(frozen=True)
class BagMessage:
    """One message as it was recorded.

    Args:
        role: "color", "depth", "color_info" or "depth_info".
        topic: where it was recorded.
        time: nanoseconds, when it was recorded.
        data: serialised (CDR).
    """

    role: str
    topic: BagTopic
    time: int
    data: bytes


class CameraBag:
    """The RGB-D camera in a bag; to be used as a context.

    Args:
        path: the bag's folder, or one file of it (.db3 or .mcap).
        told: names of topics by role; those that are not told are found by type and name.

    Raises:
        FrameError: no readable bag, or topics that are missing or cannot be told apart.
        MissingDependencyError: `rosbags` is not installed.
    """

    def __init__(self, path: str | Path, told: Mapping[str, str] | None = None) -> None:
        self.path = Path(path)
        self._reader = _open(self.path)
        try:
            topics = [
                BagTopic(name, info.msgtype or "", info.msgcount) for name, info in sorted(self._reader.topics.items())
            ]
            self.topics = find_camera_topics(topics, {k: v for k, v in (told or {}).items() if v}, str(path))
        except BaseException:
            self._reader.close()
            raise

    def __enter__(self) -> CameraBag:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    @property
    def seconds(self) -> float:
        """From the first to the last message of any topic."""
        return 1e-9 * self._reader.duration

    def messages(self) -> Iterator[BagMessage]:
        """The camera's messages in the order of their recording.

        Raises:
            FrameError: the bag is damaged.
        """
        roles = {topic.name: role for role, topic in self.topics.items()}
        connections = [connection for connection in self._reader.connections if connection.topic in roles]
        try:
            for connection, time, data in self._reader.messages(connections=connections):
                role = roles[connection.topic]
                yield BagMessage(role, self.topics[role], time, bytes(data))
        except _reading_errors() as error:
            raise FrameError(f"bag {self.path}: {_one_line(error)}, wanted a whole rosbag2") from error


def is_bag(path: str | Path) -> bool:
    """Whether a path is a rosbag2: a .db3 or .mcap file, or a folder with metadata.yaml or with one such file."""
    path = Path(path)
    if path.is_dir():
        return (path / "metadata.yaml").is_file() or len(_storage_files(path)) == 1
    return path.suffix in (".db3", ".mcap")


def find_camera_topics(topics: list[BagTopic], told: Mapping[str, str], bag: str = "bag") -> dict[str, BagTopic]:
    """Which topics carry the colour images, the depth images and their calibrations.

    A raw image is taken before a compressed one, a rectified image before one that is not, and depth that is aligned to
    colour before depth that is not.

    Args:
        topics: all of the bag.
        told: names by role, which are taken as they are.
        bag: its name, for errors.

    Returns:
        Topics by role; "depth_info" only where it was recorded.

    Raises:
        FrameError: a role without a topic, or with several that are as good; the message names them.
    """
    topics = [topic for topic in topics if topic.count]
    found: dict[str, BagTopic] = {}
    searches: tuple[tuple[str, tuple[str, ...], Callable[[BagTopic], tuple | None]], ...] = (
        (COLOR, (IMAGE, COMPRESSED), _color_rank),
        (DEPTH, (IMAGE, COMPRESSED), _depth_rank),
    )
    for role, types, rank in searches:
        found[role] = _told(topics, told, role, types, bag) or _best(topics, role, types, rank, bag)
    for role, image in ((COLOR_INFO, found[COLOR]), (DEPTH_INFO, found[DEPTH])):
        beside = next((t for t in topics if t.type == INFO and t.name == _info_beside(image.name)), None)
        topic = _told(topics, told, role, (INFO,), bag) or beside
        if topic is None and role == COLOR_INFO:
            topic = _best(topics, role, (INFO,), _color_rank, bag)
        if topic is not None and topic not in found.values():
            found[role] = topic
    return found


def _told(
    topics: list[BagTopic], told: Mapping[str, str], role: str, types: tuple[str, ...], bag: str
) -> BagTopic | None:
    if role not in told:
        return None
    name = "/" + told[role].strip("/")
    usable = [topic for topic in topics if topic.type in types]
    for topic in usable:
        if topic.name == name:
            return topic
    seen = next((f"of type {topic.type}" for topic in topics if topic.name == name), "missing or empty")
    raise FrameError(f"bag {bag}: topic {name} is {seen}, wanted one of: {_names(usable)}")


def _best(
    topics: list[BagTopic],
    role: str,
    types: tuple[str, ...],
    rank: Callable[[BagTopic], tuple | None],
    bag: str,
) -> BagTopic:
    option = {COLOR: "--color-topic", DEPTH: "--depth-topic", COLOR_INFO: "--info-topic"}[role]
    usable = [topic for topic in topics if topic.type in types]
    ranked = sorted((value, topic.name, topic) for topic in usable if (value := rank(topic)) is not None)
    what = role.replace("_", " camera ").replace("color", "colour")
    if not ranked:
        raise FrameError(f"bag {bag}: no {what} topic found, name one with {option}; there are: {_names(usable)}")
    best = [topic for value, _, topic in ranked if value == ranked[0][0]]
    if len(best) > 1:
        raise FrameError(f"bag {bag}: {len(best)} {what} topics, choose with {option}: {_names(best)}")
    return best[0]


def _color_rank(topic: BagTopic) -> tuple | None:
    """The smaller the likelier a colour camera's; None for what is not."""
    name = topic.name.lower()
    if any(word in name for word in (*_NEITHER, *_DEPTH_WORDS)) and "to_depth" not in name:
        return None
    if topic.compressed and not topic.name.endswith("/compressed"):
        return None
    return (not any(word in name for word in _COLOR_WORDS), topic.compressed, "rect" not in name)


def _depth_rank(topic: BagTopic) -> tuple | None:
    name = topic.name.lower()
    if any(word in name for word in _NEITHER) or not any(word in name for word in _DEPTH_WORDS):
        return None
    if topic.compressed and not topic.name.endswith("/compressedDepth"):
        return None  # JPEG or PNG without image_transport's header is no depth image that can be trusted
    aligned = "aligned" in name or "registered" in name or "to_color" in name
    return (not aligned, topic.compressed, "rect" not in name)


def _info_beside(image: str) -> str:
    for transport in _TRANSPORTS:
        image = image.removesuffix(transport)
    return image.rsplit("/", 1)[0] + "/camera_info"


def _names(topics: list[BagTopic]) -> str:
    return ", ".join(f"{topic.name} ({topic.type.rsplit('/', 1)[-1]})" for topic in topics) or "none"


def _storage_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".db3", ".mcap"))


def _open(path: Path):
    try:
        from rosbags.rosbag2 import Reader
    except ImportError as error:
        raise MissingDependencyError("reading a bag needs the package rosbags: pip install rosbags") from error
    if not path.exists():
        raise FrameError(f"bag {path}: no such file or folder, wanted a rosbag2")
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        files = _storage_files(path)
        if len(files) != 1:
            raise FrameError(f"bag {path}: no metadata.yaml and {len(files)} .db3 or .mcap files, wanted a rosbag2")
        path = files[0]
    try:
        reader = Reader(path)
        reader.open()
    except _reading_errors() as error:
        raise FrameError(f"bag {path}: {_one_line(error)}, wanted a rosbag2 of sqlite3 or mcap") from error
    return reader


def _reading_errors() -> tuple[type[Exception], ...]:
    """What a damaged bag makes the reader raise: its own errors, and those of the formats below it."""
    import sqlite3
    import struct

    from rosbags.rosbag2 import ReaderError

    return (ReaderError, sqlite3.Error, struct.error, OSError, ValueError, KeyError, IndexError, EOFError)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
