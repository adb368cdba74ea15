"""A process that is born, answers one phrase about one frame, and says when it got how far.

    python -m drop_clip_ros.benchmarking.first_answer STARTED FOLDER PHRASE HOW

STARTED is the time (seconds since 1970) at which whoever starts it did so; HOW is JSON: what `Segmenter.load` takes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def main(started: float, folder: Path, phrase: str, how: dict[str, Any]) -> None:
    """Print one line of JSON: seconds since `started` at each milestone, and memory."""
    reached = {"interpreter": time.time() - started}
    from drop_clip_ros.frame_files import read_frame_folder

    frame = read_frame_folder(folder)
    from drop_clip_ros.pipeline import Segmenter
    from drop_clip_ros.student.student import EngineConfig

    reached["imports"] = time.time() - started
    segmenter = Segmenter.load(**(how | {"engine": EngineConfig(**how["engine"])}))
    reached["model loaded"] = time.time() - started
    scene = segmenter.encode(frame)
    reached["frame encoded"] = time.time() - started
    status = scene.segment(phrase).status
    reached["first answer"] = time.time() - started
    resident = resident_megabytes()
    print(json.dumps({"reached_s": reached, "status": status, "memory_mb": resident}), flush=True)


def resident_megabytes() -> dict[str, float]:
    """Resident memory of this process now and at its peak, where Linux tells it; {} elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    names = {"resident": "VmRSS", "peak": "VmHWM"}
    return {name: round(int(fields[key].split()[0]) / 1024, 1) for name, key in names.items() if key in fields}


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))
