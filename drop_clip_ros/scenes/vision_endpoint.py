"""A client of OpenAI-compatible vision endpoints: chat completions with pictures, tried again when they are busy."""

from __future__ import annotations

import base64
import http.client
import io
import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from drop_clip_ros.errors import AnnotationError, ConfigError

# Busy, or failing for the moment (RFC 9110; 529 is "overloaded" with some vendors).
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)


class EndpointRefusal(AnnotationError):
    """An answer that no further request would change: a wrong key, model, address or form of request."""


class NoAnswer(AnnotationError):
    """Nothing came back in all attempts."""


@dataclass(frozen=True)
class EndpointConfig:
    """Where and how questions are asked.

    Args:
        url: base address ("http://localhost:8000/v1") or the whole one ending with /chat/completions.
        model: its name there; api_key: sent as bearer token, "" for none.
        timeout: seconds for one answer; attempts: for each question.
        wait: seconds before the second attempt, doubled before each further one up to `longest_wait`; drawn between
            half and all of it, so that many clients do not come back at once. Retry-After goes before it.
        max_tokens: of an answer.
    """

    url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout: float = 120.0
    attempts: int = 6
    wait: float = 2.0
    longest_wait: float = 60.0
    max_tokens: int = 1000

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(f"vision endpoint: address is {self.url!r}, wanted one like http://localhost:8000/v1")
        if not self.model:
            raise ConfigError("vision endpoint: no model is named, wanted its name at the endpoint")
        if self.attempts < 1 or self.timeout <= 0:
            raise ConfigError("vision endpoint: wanted at least 1 attempt and a timeout above 0 s")

    @property
    def address(self) -> str:
        """What is posted to."""
        base = self.url.rstrip("/")
        return base if base.endswith("/chat/completions") else f"{base}/chat/completions"


@dataclass(frozen=True)
class VisionAnswer:
    """An answer and what it cost.

    Args:
        text: the answer; tokens_in, tokens_out: as the endpoint counted them, 0 where it does not.
    """

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


class VisionEndpoint:
    """Asks questions about pictures; safe to use from several threads.

    Args:
        config: where and how.
    """

    def __init__(self, config: EndpointConfig) -> None:
        self.config = config
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ask nothing more: waiting threads give up."""
        self._stopped.set()

    def ask(self, text: str, pictures: Sequence[np.ndarray]) -> VisionAnswer:
        """One question.

        Args:
            text: what is asked; pictures: (h, w, 3) uint8 each.

        Raises:
            EndpointRefusal: asking again would not help.
            NoAnswer: nothing came back in all attempts; AnnotationError: the answer was cut off.
        """
        body = json.dumps(_request(self.config, text, pictures)).encode()
        wait, reason = self.config.wait, "stopped"
        for attempt in range(self.config.attempts):
            if self._stopped.is_set():
                break
            try:
                return self._post(body)
            except _Busy as error:
                reason = str(error)
                pause = error.retry_after if error.retry_after is not None else wait * random.uniform(0.5, 1.0)
            if attempt + 1 < self.config.attempts:
                self._stopped.wait(min(pause, self.config.longest_wait))
                wait *= 2
        raise NoAnswer(f"{self.config.address} gave no answer in {self.config.attempts} attempts: {reason}")

    def _post(self, body: bytes) -> VisionAnswer:
        headers = {"Content-Type": "application/json", "User-Agent": "drop-clip"}
        if self.config.api_key:
            headers["Authorization"] = f"Bearer {self.config.api_key}"
        request = urllib.request.Request(self.config.address, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self.config.timeout) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            raise _of_status(self.config, error) from None
        except (TimeoutError, urllib.error.URLError, http.client.HTTPException, ConnectionError) as error:
            reason = getattr(error, "reason", None) or error
            raise _Busy(f"{type(error).__name__}: {reason}") from None
        return _read_answer(content, self.config)


class _Busy(Exception):
    """It may work later."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def _request(config: EndpointConfig, text: str, pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """The body of a chat completion with pictures as data URLs."""
    shown = [{"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in pictures]
    content = [{"type": "text", "text": text}, *shown]
    return {
        "model": config.model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": config.max_tokens,
        "temperature": 0,
    }


def _data_url(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _of_status(config: EndpointConfig, error: urllib.error.HTTPError) -> Exception:
    try:
        said = " ".join(error.read(2000).decode(errors="replace").split())[:300]
    except (OSError, http.client.HTTPException):
        said = ""
    what = f"{config.address} answered {error.code} {error.reason}{f' ({said})' if said else ''}"
    if error.code in _PASSING:
        return _Busy(what, _seconds(error.headers.get("Retry-After")))
    advice = {
        401: "wanted a valid key: --api-key-env names the variable that holds it",
        403: "wanted a key that may use this model",
        404: "wanted the address of an OpenAI-compatible API (ending with /v1) and a model that it has",
    }.get(error.code, "wanted an endpoint that takes chat completions with pictures")
    return EndpointRefusal(f"{what}; {advice}")


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; dates are passed over."""
    try:
        return max(float(text), 0.0) if text else None
    except ValueError:
        return None


def _read_answer(content: bytes, config: EndpointConfig) -> VisionAnswer:
    try:
        data = json.loads(content)
        choice = data["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, LookupError, TypeError):
        shown = " ".join(content[:200].decode(errors="replace").split())
        raise _Busy(f"{config.address} answered something else than a chat completion: {shown!r}") from None
    if choice.get("finish_reason") == "length":
        raise AnnotationError(
            f"the answer was cut off at {config.max_tokens} tokens: give more with --max-tokens, models may think aloud"
        )
    if not isinstance(text, str) or not text.strip():
        raise _Busy(f"{config.address} gave an empty answer")
    usage = data.get("usage") or {}
    return VisionAnswer(text, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
