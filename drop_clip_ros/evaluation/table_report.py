"""What an evaluation command found: its tables, what went in, how and where it was measured; as Markdown and JSON."""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.tables import Table

FORMAT = "drop-clip-table/1"


@dataclass(frozen=True)
class Report:
    """What one evaluation command found.

    Args:
        name: of the command's topic, "segmentation"; also the name of its files.
        tables: its tables.
        findings: sentences computed from the figures, orderings among them.
        counts: how many scenes, objects and queries went in.
        settings: options and models that matter to the figures.
        details: further figures for machines.
        command, machine, date, seconds: how, where, when and for how long it was measured.
    """

    name: str
    tables: tuple[Table, ...]
    findings: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    command: str = field(default_factory=lambda: command_line())
    machine: str = field(default_factory=lambda: machine_name())
    date: str = field(default_factory=lambda: datetime.now(timezone.utc).date().isoformat())
    seconds: float = 0.0

    def markdown(self) -> str:
        """Tables, what was measured with what, and findings."""
        went_in = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        of = ", ".join(
            f"{name} {short_path(self.settings[name])}" for name in ("model", "teacher") if self.settings.get(name)
        )
        parts = [table.markdown() for table in self.tables]
        parts.append("; ".join(filter(None, (of, went_in, f"{self.seconds:.0f} s on {self.machine}, {self.date}."))))
        parts.append("\n".join(f"- {finding}" for finding in self.findings))
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        tables = [table.to_json() for table in self.tables]
        plain = {name: value for name, value in asdict(self).items() if name != "tables"}
        settings = {
            name: short_path(value) if isinstance(value, str) else value for name, value in self.settings.items()
        }
        return _plain({"format": FORMAT, "tables": tables, **plain, "settings": settings})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """The report that `to_json` wrote.

        Raises:
            ConfigError: another format, or something is missing.
        """
        if data.get("format") != FORMAT:
            raise ConfigError(f"a report's format is {data.get('format')!r}, wanted {FORMAT!r}")
        try:
            fields = {name: value for name, value in data.items() if name != "format"}
            fields["tables"] = tuple(Table.from_json(table) for table in data["tables"])
            fields["findings"] = tuple(data["findings"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"a report lacks something ({type(error).__name__}: {error}), wanted {FORMAT!r}"
            ) from error

    def write(self, path: Path) -> None:
        """Write as JSON, making the folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        ConfigError: the file is missing or holds something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}), wanted the JSON of an evaluation") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path} holds a {type(data).__name__}, wanted the JSON of an evaluation")
    try:
        return Report.from_json(data)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def command_line() -> str:
    """The command that this process runs, as one would type it; of absolute paths the last two names are kept."""
    return shlex.join(["drop-clip", *map(short_path, sys.argv[1:])])


def short_path(word: object) -> str:
    """The last two names of an absolute path, anything else as it is; reports travel, a machine's folders do not."""
    text = str(word)
    return "/".join(Path(text).parts[-2:]) if text.startswith("/") and len(Path(text).parts) > 3 else text


def machine_name() -> str:
    """Processor and number of cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {cores} core{'' if cores == 1 else 's'}"


def _plain(value: Any) -> Any:
    """Numbers of numpy and paths as JSON's own kinds; NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | str | int | None):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return _plain(value.item())
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return str(value)
