"""What the benchmark commands share: options, progress, and how figures are told."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drop_clip_ros.errors import ConfigError


def add_measuring_arguments(
    parser: argparse.ArgumentParser, repeats: int, device: bool = True, threads: bool = True
) -> None:
    """The options that every benchmark takes.

    Args:
        parser: of the command.
        repeats: counted rounds if nothing is said.
        device: whether it can be measured on a GPU; threads: whether it uses several.
    """
    if device:
        parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="default: auto")
    if threads:
        parser.add_argument("--threads", type=int, metavar="N", help="of torch (default: one a core that may be used)")
    parser.add_argument(
        "--repeats",
        type=at_least(1),
        default=repeats,
        metavar="N",
        help="counted rounds after warm-up (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every time, machine and versions there")
    parser.add_argument("--picture", type=_picture, metavar="FILE", help="write a picture there (.png or .svg)")


def at_least(least: int) -> Callable[[str], int]:
    """What reads an option's whole number, so that a wrong one is told before minutes of measuring."""

    def read(text: str) -> int:
        if not text.lstrip("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r}, wanted a whole number of at least {least}")
        return int(text)

    return read


def _picture(text: str) -> Path:
    if Path(text).suffix not in (".png", ".svg"):
        raise argparse.ArgumentTypeError(f"{text!r}, wanted a file that ends in .png or .svg")
    return Path(text)


def chosen_device(name: str) -> str:
    """ "cpu" or "cuda" for a choice of `--device`.

    Raises:
        ConfigError: a GPU is asked for and none is there.
    """
    import torch

    gpu = torch.cuda.is_available()
    if name == "cuda" and not gpu:
        raise ConfigError(f"--device is cuda, but torch {torch.__version__} sees no GPU; wanted cpu or auto")
    return "cuda" if gpu and name != "cpu" else "cpu"


def set_threads(threads: int | None) -> int:
    """Give torch so many threads, one for each usable core when none are named; returns the number.

    Raises:
        ConfigError: less than one.
    """
    import torch

    from drop_clip_ros.benchmarking.machine import usable_cores

    chosen = usable_cores() if threads is None else threads
    if chosen < 1:
        raise ConfigError(f"--threads is {chosen}, wanted at least 1")
    torch.set_num_threads(chosen)
    return chosen


@contextmanager
def measuring(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; gives a function to call with (done, total)."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def write_figures(args: argparse.Namespace, machine: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write the JSON that `--json` asks for: the machine first, then the figures."""
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"machine": machine} | figures, indent=1) + "\n", encoding="utf-8")


def print_machine(console, machine: dict[str, Any]) -> None:
    """Print what the figures were measured on."""
    from drop_clip_ros.benchmarking.machine import machine_lines

    for line in machine_lines(machine):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
