"""A stub of an OpenAI-compatible vision endpoint on this machine, for tests: it sees nothing and answers by script."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

ANSWER = """**Category:** {label}
**Color:** red, light blue
**Material:** ceramic
**State:** empty
**Brand:**
**Title:** N/A
**Utility:** holding hot drinks
**Affordance:** ["I would like some tea", "something to drink from"]
**More descriptions:** ["tea {label}", "the red {label} with a blue stripe", "the small round thing"]"""


class StubVisionServer:
    """Answers each question with the next step of a script, then with good answers.

    Steps: a number is an HTTP status, "garbage" no JSON, "half" a body that breaks off, "empty" no text, "prose" an
    answer without fields, "length" one that was cut off, "slow" one that comes after `delay` seconds, "gathered" one
    that waits until three are being answered at once, "ok" a good one.
    """

    def __init__(self, script=(), key="", delay=1.0) -> None:
        self.script, self.key, self.delay = list(script), key, delay
        self.labels: list[str] = []
        self.pictures: list[list[tuple[int, int]]] = []
        self.answered: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                stub._answer(self)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        content = body["messages"][0]["content"]
        label = re.search(r'label is "([^"]*)"', content[0]["text"])[1]
        with self._lock:
            step = self.script.pop(0) if self.script else "ok"
            self.labels.append(label)
            self.pictures.append([_size(part["image_url"]["url"]) for part in content[1:]])
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._send(handler, step, label)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever asked was killed
        finally:
            with self._lock:
                self._at_once -= 1

    def _send(self, handler, step, label) -> None:
        if handler.path != "/v1/chat/completions":
            step = 404
        if self.key and handler.headers.get("Authorization") != f"Bearer {self.key}":
            step = 401
        if isinstance(step, int):
            handler.send_response(step)
            handler.send_header("Retry-After", "0")
            handler.end_headers()
            handler.wfile.write(b'{"error": {"message": "as the script says"}}')
            return
        if step == "slow":
            time.sleep(self.delay)
        deadline = time.monotonic() + 60
        while step == "gathered" and self.most_at_once < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        text = {"prose": "What a lovely object!", "empty": ""}.get(step, ANSWER.format(label=label))
        choice = {"message": {"content": text}, "finish_reason": "length" if step == "length" else "stop"}
        data = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}).encode()
        data = b"<html>no such thing</html>" if step == "garbage" else data
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2] if step == "half" else data)
        if step in ("ok", "slow", "gathered"):
            with self._lock:
                self.answered.append(label)


def _size(url: str) -> tuple[int, int]:
    kind, _, data = url.partition(";base64,")
    assert kind == "data:image/jpeg"
    return Image.open(io.BytesIO(base64.b64decode(data))).size
