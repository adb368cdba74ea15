"""Annotations of objects on disk: a record a line while they are gathered, one JSON file when they are complete.

`annotations.json` is {"format": ..., "objects": {id: {"annotation": ..., "response": ..., "source": ...}}}; while a run
goes on, `annotations.json.lines` beside it gains a line for each finished object, which survives any end of the run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drop_clip_ros.errors import AnnotationError
from drop_clip_ros.scenes.annotation import ObjectAnnotation

NAME = "annotations.json"
FORMAT = "drop-clip-annotations/1"


@dataclass(frozen=True)
class AnnotationRecord:
    """One object's words and where they come from.

    Args:
        annotation: the words; response: the answer in the paper's format; source: model, or "templates".
        tokens_in, tokens_out: what the answer cost.
    """

    annotation: ObjectAnnotation
    response: str
    source: str
    tokens_in: int = 0
    tokens_out: int = 0

    def to_json(self) -> dict:
        """Plain lists, numbers and strings, for JSON."""
        return {
            "annotation": self.annotation.to_json(),
            "response": self.response,
            "source": self.source,
            "tokens": [self.tokens_in, self.tokens_out],
        }

    @classmethod
    def from_json(cls, data: dict) -> AnnotationRecord:
        """The record that `to_json` wrote."""
        tokens = data.get("tokens", [0, 0])
        annotation = ObjectAnnotation.from_json(data["annotation"])
        return cls(annotation, data.get("response", ""), data.get("source", ""), tokens[0], tokens[1])


def read_annotations(path: Path) -> dict[str, AnnotationRecord]:
    """Records by object id.

    Raises:
        AnnotationError: the file cannot be read or is of another format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise AnnotationError(f"{path}: format is {data['format']!r}, wanted {FORMAT!r}")
        return {object_id: AnnotationRecord.from_json(record) for object_id, record in data["objects"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnnotationError(
            f"{path} cannot be read ({type(error).__name__}: {error}), wanted what `drop-clip scenes annotate` writes"
        ) from None


class AnnotationStore:
    """Records that survive whatever ends a run; one process at a time writes.

    Args:
        path: of the JSON file; what it and its lines hold already is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = path.with_name(f"{path.name}.lines")
        self.records = read_annotations(path) if path.is_file() else {}
        self.records |= self._read_lines()

    def source_of(self, object_id: str) -> str:
        """Where an object's words come from; "" where it has none."""
        return self.records[object_id].source if object_id in self.records else ""

    def add(self, object_id: str, record: AnnotationRecord) -> None:
        """Keep a record at once."""
        self.records[object_id] = record
        self._lines.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"id": object_id, **record.to_json()}, ensure_ascii=False)
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def close(self) -> None:
        """Put all records into the JSON file, in one step, and drop the lines."""
        write_annotations(self.path, self.records)
        self._lines.unlink(missing_ok=True)

    def _read_lines(self) -> dict[str, AnnotationRecord]:
        """Records of an earlier run that was stopped; a half-written last line is cut off."""
        if not self._lines.is_file():
            return {}
        records, whole = {}, []
        for line in self._lines.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            try:
                data = json.loads(line) if line.endswith("\n") else None
                if data is not None:
                    records[data["id"]] = AnnotationRecord.from_json(data)
                    whole.append(line)
            except (ValueError, LookupError, TypeError):
                continue
        self._lines.write_text("".join(whole), encoding="utf-8")
        return records


def write_annotations(path: Path, records: Mapping[str, AnnotationRecord]) -> None:
    """Store records by object id in one step, in the order of the ids."""
    objects = {object_id: records[object_id].to_json() for object_id in sorted(records)}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(
        json.dumps({"format": FORMAT, "objects": objects}, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    os.replace(partial, path)
