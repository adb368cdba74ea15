"""`drop-clip scenes annotate`: words for a catalogue's objects."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from drop_clip_ros.errors import AnnotationError, ConfigError

HELP = "describe a catalogue's objects in words, by a vision endpoint that is shown ten pictures of each"
EXAMPLES = """\
examples:
  drop-clip scenes annotate scans --endpoint http://localhost:8000/v1 --model Qwen2.5-VL-7B-Instruct
  drop-clip scenes annotate scans --endpoint https://api.openai.com/v1 --model gpt-4o --api-key-env OPENAI_API_KEY \\
                                  --price-in 2.50 --price-out 10
  drop-clip scenes annotate generated --engine templates --out annotations.json

Any endpoint that speaks OpenAI's chat completions with pictures will do. Tokens, and money where prices are given, are
estimated and shown, and a question is asked before anything is sent; --yes answers it. What is described is kept at
once: a run that was stopped goes on, and asks for nothing twice. Busy endpoints (429, 5xx, time-outs) are asked again,
more and more slowly. annotations.json beside a manifest.json goes before the words from its names. --engine templates
writes the words that the catalogue has of itself in the same form.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "catalogue", help="a mesh folder with manifest.json, generated, generated:SEED, or several with +"
    )
    parser.add_argument("--out", type=Path, help="file (default: annotations.json beside the manifest)")
    parser.add_argument(
        "--engine", choices=("endpoint", "templates"), default="endpoint", help="whose words (default: %(default)s)"
    )
    parser.add_argument("--endpoint", metavar="URL", default="", help="base address, usually ending with /v1")
    parser.add_argument("--model", default="", help="its name at the endpoint")
    parser.add_argument(
        "--api-key-env", metavar="VAR", help="environment variable that holds the key, if one is needed"
    )
    parser.add_argument("--split", choices=("train", "val", "test"), help="only its objects")
    parser.add_argument("--limit", type=int, metavar="N", help="describe at most N objects, to see what comes of it")
    parser.add_argument("--requests", type=int, default=4, help="at once (default: %(default)s)")
    parser.add_argument("--views", type=int, default=10, help="pictures of each object (default: %(default)s)")
    parser.add_argument("--picture-size", type=int, default=512, metavar="PIXELS", help="default: %(default)s")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for an answer (default: %(default)s)")
    parser.add_argument("--attempts", type=int, default=6, help="for each question (default: %(default)s)")
    parser.add_argument("--max-tokens", type=int, default=1000, help="of an answer (default: %(default)s)")
    parser.add_argument(
        "--tokens-per-picture",
        type=int,
        default=255,
        help="for the estimate (default: %(default)s, OpenAI's published rule for one tile of 512 x 512)",
    )
    parser.add_argument("--price-in", type=float, metavar="MONEY", help="for a million tokens sent")
    parser.add_argument("--price-out", type=float, metavar="MONEY", help="for a million tokens received")
    parser.add_argument("--yes", action="store_true", help="start without asking")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def run(args: argparse.Namespace) -> int:
    """Describe; 0 when every object has its words.

    Raises:
        AnnotationError: some objects could not be described; they have been named.
    """
    from drop_clip_ros.scenes.annotate import annotate_by_templates
    from drop_clip_ros.scenes.annotation_store import AnnotationStore
    from drop_clip_ros.scenes.catalogue import load_catalogue

    _check(args)
    catalogue = load_catalogue(args.catalogue, only_train_ok=False)
    ids = catalogue.ids_of(split=args.split)[: args.limit]
    out = args.out or _default_out(args.catalogue)
    store = AnnotationStore(out)
    if args.engine == "templates":
        report = annotate_by_templates(catalogue, ids, store)
    else:
        report = _by_endpoint(args, catalogue, ids, store)
    _print(args, out, report)
    if report.failed:
        raise AnnotationError(
            f"{len(report.failed)} of {len(ids)} objects could not be described; they are named above: run again"
        )
    return 0


def _check(args: argparse.Namespace) -> None:
    for name in ("requests", "views", "limit"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name} is {value}, wanted at least 1")
    if args.picture_size < 64:
        raise ConfigError(f"--picture-size is {args.picture_size}, wanted at least 64")
    if args.engine == "endpoint" and not (args.endpoint and args.model):
        raise ConfigError("--endpoint and --model are wanted, or --engine templates")


def _default_out(catalogue: str) -> Path:
    from drop_clip_ros.scenes.annotation_store import NAME

    if not Path(catalogue).is_dir():
        raise ConfigError(f"--out is wanted: {catalogue!r} is no mesh folder that annotations could lie in")
    return Path(catalogue) / NAME


def _by_endpoint(args: argparse.Namespace, catalogue, ids, store):
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.scenes.annotate import annotate_by_endpoint, undescribed
    from drop_clip_ros.scenes.vision_endpoint import EndpointConfig, VisionEndpoint

    config = EndpointConfig(
        args.endpoint,
        args.model,
        _api_key(args.api_key_env),
        timeout=args.timeout,
        attempts=args.attempts,
        max_tokens=args.max_tokens,
    )
    pending = len(undescribed(ids, store))
    if pending:
        _agree(args, pending)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("describing", total=len(ids))
        return annotate_by_endpoint(
            catalogue,
            ids,
            store,
            VisionEndpoint(config),
            args.requests,
            args.views,
            args.picture_size,
            lambda done, count: bar.update(task, completed=done, total=count),
        )


def _api_key(variable: str | None) -> str:
    if variable is None:
        return ""
    if not os.environ.get(variable):
        raise ConfigError(f"--api-key-env is {variable}, but no environment variable of that name is set")
    return os.environ[variable]


def _agree(args: argparse.Namespace, pending: int) -> None:
    """Show what it will cost and ask.

    Raises:
        ConfigError: there is nobody to ask, or the answer is no.
    """
    from drop_clip_ros.scenes.annotate import PROMPT
    from drop_clip_ros.scenes.annotation_cost import estimate_cost

    cost = estimate_cost(pending, PROMPT, args.views, args.tokens_per_picture, args.price_in, args.price_out)
    money = "price unknown (--price-in, --price-out)" if cost.price is None else f"about {cost.price:.2f} in your money"
    print(
        f"{pending} objects, {args.views} pictures each, to {args.endpoint} ({args.model}): "
        f"about {cost.tokens_in:,} tokens sent and {cost.tokens_out:,} received, {money}",
        file=sys.stderr,
    )
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to agree to the cost: give --yes")
    print("Start? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigError("not started")


def _print(args: argparse.Namespace, out: Path, report) -> None:
    from drop_clip_ros.scenes.annotation_cost import price_of

    price = price_of(report.tokens_in, report.tokens_out, args.price_in, args.price_out)
    if args.json:
        tokens = {"tokens_in": report.tokens_in, "tokens_out": report.tokens_out, "price": price}
        print(
            json.dumps({"out": str(out), "made": report.made, "kept": report.kept, "failed": report.failed, **tokens})
        )
        return
    for object_id, reason in report.failed.items():
        print(f"not described {object_id}: {reason}")
    used = f"; {report.tokens_in:,} tokens sent, {report.tokens_out:,} received" if report.tokens_in else ""
    paid = f", {price:.2f} in your money" if price and report.tokens_in else ""
    print(f"{out}: {report.made} objects described now, {report.kept} were there{used}{paid}")
