"""What each part of answering adds: annotated frames answered with parts of the shipped model taken away.

python benchmarks/answer_ablations.py path/to/frames [--model NAME_OR_DIR]

prints a Markdown table: share of queries answered right by the best candidate, by query type, mask IoU, and absent
queries refused. Nothing is calibrated again, so that what depends on the verdict (absent queries) suffers more from a
missing part than it need.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from drop_clip_ros.evaluation.annotated_frames import read_annotated_frames
from drop_clip_ros.evaluation.answering import Answered
from drop_clip_ros.evaluation.grounding_figures import grounding_figures
from drop_clip_ros.grounding.instances import InstanceConfig
from drop_clip_ros.grounding.scene import Grounding
from drop_clip_ros.pipeline import Segmenter

TYPES = ("class", "attribute", "affordance", "open", "all")


def variants(whole: Grounding) -> dict[str, Grounding]:
    """The model's language side with parts taken away."""
    unmerged = replace(whole.instances, merge=None)
    return {
        "as shipped": whole,
        "without the second look": replace(whole, second_look=None),
        "without merging pieces": replace(whole, instances=unmerged),
        "without embedding and merging": replace(whole, instances=InstanceConfig(embedding_distance=float("inf"))),
        "without all three": replace(
            whole, instances=InstanceConfig(embedding_distance=float("inf")), second_look=None
        ),
    }


def main() -> None:
    """Answer all frames once for each variant and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", type=Path, help="folder of annotated frames (docs/files.md)")
    parser.add_argument("--model", default="tabletop-small", help="bundle, by name or folder")
    args = parser.parse_args()
    segmenter = Segmenter.load(args.model)
    views = list(read_annotated_frames(args.frames))
    console = Console(stderr=True)
    print(f"| {args.model} | " + " | ".join(TYPES) + " | mask IoU | absent refused |")
    print("| --- |" + " --- |" * (len(TYPES) + 2))
    for name, grounding in variants(segmenter.grounding).items():
        segmenter.grounding = grounding
        answered = Answered()
        for view in track(views, name, console=console):
            answered.ask(segmenter, view)
        figures = grounding_figures(answered.rows)
        cells = [f"{figures[kind]['grounded_forced']:.3f}" for kind in TYPES]
        print(
            f"| {name} | "
            + " | ".join(cells)
            + f" | {figures['all']['miou']:.3f} | {figures['absent']['refused']:.3f} |"
        )


if __name__ == "__main__":
    main()
