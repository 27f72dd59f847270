"""Reranking services on loopback: they answer as real ones do, or misbehave as they are told."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

KEY = "sk-loopback-0123456789abcdef"
KEY_NAME = "LOOPBACK_API_KEY"

Act = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@dataclass
class Loopback:
    """A running service.

    Attributes:
        base: Its address, without a path.
        asked: The bodies it was sent, in order.
        headers: The headers that came with them.
        acts: What to do with the next requests, one each; then it answers well.
    """

    base: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)


def reply(status: int, body: Any = None, **headers: str) -> Act:
    """Answer with this status; a body that is no text is sent as JSON."""

    def act(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        send(handler, status, text.encode(), headers)

    return act


def cut(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    """Promise more than is sent, and hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')


def hang_up(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    """Close without a word."""
    handler.close_connection = True


def drip(seconds: float) -> Act:
    """Send one byte after another for so long: never silent, never done."""

    def act(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.end_headers()
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                handler.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            pass

    return act


def send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def relevances(body: Mapping[str, Any]) -> list[float]:
    """What the service scores: the share of the question's words that a passage has."""
    asked = set(body["query"].lower().split())
    return [len(asked & set(text.lower().split())) / len(asked) for text in body["documents"]]


def rerank_answer(body: Mapping[str, Any], name: str = "results") -> dict[str, Any]:
    """A good answer, the best first as services send it."""
    scored = sorted(enumerate(relevances(body)), key=lambda one: -one[1])
    results = [{"index": place, "relevance_score": score} for place, score in scored]
    return {name: results, "usage": {"total_tokens": 40}}


def passages_of(body: Mapping[str, Any]) -> list[str]:
    """The passages that a chat model was sent."""
    text = body["messages"][-1]["content"]
    return re.findall(r"^\[\d+\] (.*)$", text, flags=re.MULTILINE)


def chat_answer(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}}], "usage": {"total_tokens": 700}}


def good_order(body: Mapping[str, Any]) -> str:
    """The order by the alphabet, the last first, so that it is told from every other."""
    passages = passages_of(body)
    order = sorted(range(len(passages)), key=lambda place: passages[place], reverse=True)
    return " > ".join(f"[{place + 1}]" for place in order)


@contextmanager
def loopback() -> Iterator[Loopback]:
    """A service that answers ``/rerank`` and ``/chat`` until the end of the block."""
    told = Loopback()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append(body)
            told.headers.append(dict(self.headers))
            if told.acts:
                told.acts.pop(0)(self, body)
            elif self.path == "/chat":
                reply(200, chat_answer(good_order(body)))(self, body)
            else:
                reply(200, rerank_answer(body))(self, body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.base = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def write_services(path: Path, base: str) -> Path:
    """A file that names the service twice: ``scorer`` by its scores, ``chat`` by its orders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'[scorer]\nkind = "rerank"\naddress = "{base}/rerank"\nmodel = "scores"\n'
        f'key = "{KEY_NAME}"\nprice_per_call = 0.002\n\n'
        f'[chat]\nkind = "chat"\naddress = "{base}/chat"\nmodel = "talks"\nkey = "{KEY_NAME}"\n'
        "price_per_million_tokens = 10.0\n",
        encoding="utf-8",
    )
    return path
