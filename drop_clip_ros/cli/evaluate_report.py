"""`drop-clip evaluate report`: all tables on one page."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "make one page of tables and plots of the reports that the evaluate commands wrote with --json"

EXAMPLES = """\
examples:
  drop-clip evaluate report docs/tables --out docs/tables.md
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("directory", type=Path, help="folder of the reports (*.json)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the page, Markdown")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="folder of the plots (default: pictures/tables beside the page)"
    )
    parser.add_argument("--no-pictures", action="store_true", help="make no plots")


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    from drop_clip_ros.evaluation.tables_page import write_page

    pictures = None if args.no_pictures else args.pictures or args.out.parent / "pictures" / "tables"
    reports = write_page(args.directory, args.out, pictures)
    print(f"{args.out}: {len(reports)} reports ({', '.join(report.name for report in reports)})")
    return 0
