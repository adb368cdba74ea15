"""Words for a catalogue's objects: from its own templates, or from a vision endpoint that is shown pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Thread

import numpy as np

from drop_clip_ros.errors import AnnotationError, SceneError
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.annotation_store import AnnotationRecord, AnnotationStore
from drop_clip_ros.scenes.catalogue import Catalogue
from drop_clip_ros.scenes.catalogue.generated import kinds
from drop_clip_ros.scenes.catalogue.mesh_words import kind_of
from drop_clip_ros.scenes.catalogue.response_format import read_response, write_response
from drop_clip_ros.scenes.object_views import VIEWS, object_views
from drop_clip_ros.scenes.vision_endpoint import EndpointRefusal, NoAnswer, VisionAnswer, VisionEndpoint

TEMPLATES = "templates"
# Answers that cannot be read are asked for once more: at temperature 0 a third would hardly differ.
_READINGS = 2

PROMPT = """\
The pictures show one and the same object from {views} sides. Its label is "{label}". Describe it for a catalogue that
a household robot searches by language.

Answer with exactly these nine lines, keeping the names in front:

**Category:** the usual noun for it
**Color:** its colours, the most visible first, separated by commas
**Material:** what its surface is made of
**State:** how it is now, such as empty, full, open, closed, folded, whole
**Brand:** a brand that can be read on it; leave empty if there is none
**Title:** the product's or work's own title, if one can be read; otherwise leave empty
**Utility:** what people use it for, in one phrase
**Affordance:** a list in square brackets, each item in double quotes: four to six things that somebody who needs this
object might say or ask for, without naming it
**More descriptions:** a list in square brackets, each item in double quotes: two to four other names for it, then four
to six short noun phrases beginning with "the" that tell it from similar objects by look, shape, print or parts

Write nouns and adjectives only: no "appears to be", no "the object is", no comments before or after the lines."""


@dataclass(frozen=True)
class AnnotationReport:
    """What a run did.

    Args:
        made, kept: objects described now, and found described; failed: reason by object id.
        tokens_in, tokens_out: what was used now, as the endpoint counted.
    """

    made: int
    kept: int
    failed: dict[str, str] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0


def annotate_by_templates(catalogue: Catalogue, ids: Sequence[str], store: AnnotationStore) -> AnnotationReport:
    """Store the words that the catalogue itself has for its objects, in the same form as those of an endpoint."""
    for object_id in ids:
        annotation = catalogue.annotation(object_id)
        store.records[object_id] = AnnotationRecord(annotation, write_response(annotation), TEMPLATES)
    store.close()
    return AnnotationReport(len(ids), 0)


def undescribed(ids: Sequence[str], store: AnnotationStore) -> list[str]:
    """Objects that no endpoint has described yet; words from templates give way to its."""
    return [object_id for object_id in ids if store.source_of(object_id) in ("", TEMPLATES)]


def annotate_by_endpoint(
    catalogue: Catalogue,
    ids: Sequence[str],
    store: AnnotationStore,
    endpoint: VisionEndpoint,
    requests: int = 4,
    views: int = VIEWS,
    size: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> AnnotationReport:
    """Have a vision endpoint describe objects that the store does not hold yet.

    Args:
        catalogue: where they come from; ids: which ones; store: where each answer is kept as soon as it is there.
        endpoint: who is asked; requests: at once; views, size: pictures of each object and their side in pixels.
        progress: called with (objects described, objects).

    Raises:
        AnnotationError: the endpoint refuses altogether, or is silent; what was described before is kept.
    """
    pending = undescribed(ids, store)
    kept = len(ids) - len(pending)
    tell = progress or (lambda done, wanted: None)
    tell(kept, len(ids))
    made, unanswered, tokens = 0, 0, np.zeros(2, dtype=np.int64)
    failed: dict[str, str] = {}
    questions = _questions(catalogue, pending, views, size, failed)
    try:
        for object_id, outcome in _asked(endpoint, questions, catalogue, requests):
            if isinstance(outcome, AnnotationRecord):
                store.add(object_id, outcome)
                made += 1
                tokens += (outcome.tokens_in, outcome.tokens_out)
                unanswered = 0
            else:
                failed[object_id] = str(outcome)
                unanswered += isinstance(outcome, NoAnswer)
            if unanswered > requests:
                raise AnnotationError(f"{outcome}; {unanswered} objects in a row: run again when the endpoint is up")
            tell(kept + made, len(ids))
    finally:
        endpoint.stop()
    store.close()
    return AnnotationReport(made, kept, failed, int(tokens[0]), int(tokens[1]))


def _questions(
    catalogue: Catalogue, ids: Sequence[str], views: int, size: int, failed: dict[str, str]
) -> Iterator[tuple[str, str, list[np.ndarray]]]:
    """Id, question and pictures of each object; those that cannot be rendered are named."""
    for object_id in ids:
        try:
            item = catalogue.build(object_id)
        except SceneError as error:
            failed[object_id] = str(error)
            continue
        label = catalogue.annotation(object_id).names[0]
        yield object_id, PROMPT.format(views=views, label=label), object_views(item, views, size)


def _asked(
    endpoint: VisionEndpoint,
    questions: Iterator[tuple[str, str, list[np.ndarray]]],
    catalogue: Catalogue,
    requests: int,
) -> Iterator[tuple[str, AnnotationRecord | AnnotationError]]:
    """Records, or reasons why there is none, as they come; pictures are rendered while answers are waited for."""
    running: dict[Future, str] = {}
    for object_id, text, pictures in questions:
        own = catalogue.annotation(object_id)
        running[_start(partial(_describe, endpoint, own, text, pictures))] = object_id
        yield from _finished(running, block=len(running) >= requests)
    while running:
        yield from _finished(running, block=True)


def _start(task: Callable[[], AnnotationRecord]) -> Future:
    """A thread's outcome; threads that wait for an endpoint do not keep an interrupted program alive."""
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(task())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def _finished(running: dict[Future, str], block: bool) -> Iterator[tuple[str, AnnotationRecord | AnnotationError]]:
    done, _ = wait(running, timeout=None if block else 0, return_when=FIRST_COMPLETED)
    refusal: EndpointRefusal | None = None
    # What was paid for is kept before a refusal ends the run.
    for future in done:
        object_id = running.pop(future)
        try:
            yield object_id, future.result()
        except EndpointRefusal as error:
            refusal = error
        except AnnotationError as error:
            yield object_id, error
    if refusal is not None:
        raise refusal


def _describe(
    endpoint: VisionEndpoint, own: ObjectAnnotation, text: str, pictures: list[np.ndarray]
) -> AnnotationRecord:
    """An object's record; unreadable answers are asked for again."""
    tokens = np.zeros(2, dtype=np.int64)
    for reading in range(1, _READINGS + 1):
        answer: VisionAnswer = endpoint.ask(text, pictures)
        tokens += (answer.tokens_in, answer.tokens_out)
        try:
            annotation = _with_catalogue_words(answer.text, own)
        except AnnotationError:
            if reading == _READINGS:
                raise
            continue
        return AnnotationRecord(annotation, answer.text, endpoint.config.model, int(tokens[0]), int(tokens[1]))
    raise AssertionError("unreachable")


def _with_catalogue_words(answer: str, own: ObjectAnnotation) -> ObjectAnnotation:
    """What an answer says; a category that the generated catalogue knows keeps its names and wider classes."""
    if own.category in kinds():
        return replace(read_response(answer, own.category, own.names), hypernyms=own.hypernyms)
    read = read_response(answer)
    kind = kind_of(read.category, read.category)
    if kind is None:
        return read
    return replace(read_response(answer, kind.name, (kind.name,)), hypernyms=kind.hypernyms)
