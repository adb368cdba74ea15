"""`drop-clip`: finds the command, reads its options, runs it, and turns errors into one line."""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.util
import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from drop_clip_ros import __version__
from drop_clip_ros.errors import DropClipError
from drop_clip_ros.thread_defaults import set_thread_defaults

set_thread_defaults()  # before a command loads numpy or torch

PROGRAM = "drop-clip"
OK, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        words: what the user types, one or two words.
        module: file in drop_clip_ros/cli/ with `HELP`, `add_arguments(parser)` and `run(args) -> exit status`; it is
            imported only when the command is used, so that `--help` stays fast.
        summary: one line for the list of commands.
    """

    words: str
    module: str
    summary: str

    @property
    def present(self) -> bool:
        """Whether the module is there."""
        return importlib.util.find_spec(f"{__package__}.{self.module}") is not None


COMMANDS = (
    Command("demo", "demo", "say sentences to the nodes about the frame that comes with the package"),
    Command("segment", "segment", "segment what phrases name in your own RGB-D frame"),
    Command("play", "play", "publish frames or a rosbag2 as a camera would"),
    Command("ask", "ask", "ask the running perception node and see its answer"),
    Command("models list", "models_list", "list the model bundles that are found, and where"),
    Command("scenes generate", "scenes_generate", "settle, render and annotate table-top scenes"),
    Command("scenes pack", "scenes_pack", "pack scenes into tar files that are read without unpacking"),
    Command("scenes view", "scenes_view", "show stored scenes in the browser, and whom a phrase means"),
    Command("scenes verify", "scenes_verify", "compare a dataset with its checksums"),
    Command("scenes manifest", "scenes_manifest", "list a folder of your own meshes for making scenes"),
    Command("scenes annotate", "scenes_annotate", "describe objects in words by a vision endpoint"),
    Command("scenes export-frame", "scenes_export_frame", "write one view of a stored scene as a frame"),
    Command("scenes export-world", "scenes_export_world", "write a Gazebo world of a table with objects and a camera"),
    Command("scenes catalogue", "scenes_catalogue", "list and picture the objects that scenes are made of"),
    Command("scenes grasps", "scenes_grasps", "sample 6-DoF grasps of the objects, free of collisions in each scene"),
    Command("train-teacher", "train_teacher", "train the image tower on masked crops of rendered views"),
    Command("fuse", "fuse", "fuse the views' object features into 3D targets"),
    Command("distill", "distill", "train a student on stored scenes and write its bundle"),
    Command("calibrate", "calibrate", "set a bundle's verdict on held-out scenes"),
    Command("import-checkpoint", "import_checkpoint", "turn a MinkowskiEngine or DROP-CLIP checkpoint into a bundle"),
    Command("evaluate frames", "evaluate_frames", "grounding, masks and support on annotated real frames"),
    Command("evaluate scenes", "evaluate_scenes", "grounding and masks on generated scenes"),
    Command("evaluate fusion", "evaluate_fusion", "parts of the fusion and upper bounds (Tables 2 and 3)"),
    Command("evaluate prompts", "evaluate_prompts", "how objects are shown to the teacher (Table 8)"),
    Command("evaluate informativeness", "evaluate_informativeness", "how informativeness is computed (Table 9)"),
    Command("evaluate views", "evaluate_views", "what more views are worth (Figure 5)"),
    Command("evaluate segmentation", "evaluate_segmentation", "the student on single views and full clouds (Table 3)"),
    Command("evaluate readout", "evaluate_readout", "negatives and thresholds of the read-out (Table 10)"),
    Command("evaluate queries", "evaluate_queries", "grounding by type of query (Figure 6)"),
    Command("evaluate instances", "evaluate_instances", "instances by clustering (Table 5)"),
    Command("evaluate report", "evaluate_report", "all tables and plots on one page"),
    Command("benchmark engine", "benchmark_engine", "time the sparse engines, others' beside ours"),
    Command("benchmark path", "benchmark_path", "time the way from a frame to an answer, by stage"),
    Command("benchmark scenes", "benchmark_scenes", "time the making of scenes and their fusion, by stage"),
    Command("benchmark training", "benchmark_training", "time a distillation step, by stage"),
)

EXAMPLES = """\
examples:
  drop-clip demo
  drop-clip segment --color color.png --depth depth.png --intrinsics camera.json \\
                    --query "red mug" --query "something to cut with" --out answers/
  drop-clip segment ... --depth-scale 0.001 --negative plate --model path/to/my-student
  drop-clip models list

Each command explains itself: drop-clip COMMAND --help
"""


class _Parser(argparse.ArgumentParser):
    """argparse with its errors in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


class UsageError(DropClipError):
    """A command line that cannot be read."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        argv: words after the program's name; the process's own when absent.

    Returns:
        Exit status: 0 done, 1 a fault of the program, 2 bad input, 130 interrupted, 141 reader gone.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        status = _dispatch([word for word in words if word != "--debug"])
        sys.stdout.flush()
        return status
    except DropClipError as error:
        return _fail(str(error), BAD_INPUT, debug)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, `| head` say: nobody is left to tell, and flushing at exit must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        if error.filename is None:
            return _fail(_unexpected(error), FAILED, debug)
        return _fail(f"{error.filename}: {error.strerror}", BAD_INPUT, debug)
    except Exception as error:
        return _fail(_unexpected(error), FAILED, debug)


def _dispatch(words: list[str]) -> int:
    present = [command for command in COMMANDS if command.present]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview(present), end="")
        return OK
    if words[0] == "--version":
        print(f"{PROGRAM} {__version__}")
        return OK
    for command in present:
        typed = command.words.split()
        if words[: len(typed)] == typed:
            return _run(command, words[len(typed) :])
    group = [command for command in present if command.words.split()[0] == words[0]]
    if group and (len(words) == 1 or words[1] in ("-h", "--help")):
        print(_listing(f"usage: {PROGRAM} {words[0]} COMMAND [options]", group), end="")
        return OK
    raise UsageError(_no_such_command(words, present))


def _run(command: Command, words: list[str]) -> int:
    module = importlib.import_module(f"{__package__}.{command.module}")
    parser = _Parser(prog=f"{PROGRAM} {command.words}", description=textwrap.fill(_sentence(module.HELP), 79))
    # Taken off the command line before; listed here for the reader of --help.
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    module.add_arguments(parser)
    parser.epilog = getattr(module, "EXAMPLES", None)
    if parser.epilog:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
    try:
        args = parser.parse_args(words)
    except SystemExit as stop:  # --help
        return int(stop.code or OK)
    return int(module.run(args) or OK)


def _overview(commands: Sequence[Command]) -> str:
    title = (
        f"usage: {PROGRAM} COMMAND [options]\n\n"
        "Name an object in words, get its points: language-guided segmentation of RGB-D table-top scenes."
    )
    return _listing(title, commands) + "\n" + EXAMPLES


def _listing(title: str, commands: Sequence[Command]) -> str:
    width = max(len(command.words) for command in commands)
    lines = [f"  {command.words:{width}}  {command.summary}" for command in commands]
    return "\n".join([title, "", "commands:", *lines, ""])


def _no_such_command(words: list[str], commands: Sequence[Command]) -> str:
    typed = " ".join(word for word in words[:2] if not word.startswith("-"))
    known = [command.words for command in commands]
    close = difflib.get_close_matches(typed, known, n=1) or difflib.get_close_matches(words[0], known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"wanted one of: {', '.join(known)}"
    return f"no command '{typed or words[0]}'; {hint}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _unexpected(error: Exception) -> str:
    reason = " ".join(str(error).split())
    return f"{type(error).__name__}: {reason or 'no reason given'} (unexpected; --debug shows where)"


def _fail(message: str, status: int, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    print(f"{PROGRAM}: error: {' '.join(message.split())}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
