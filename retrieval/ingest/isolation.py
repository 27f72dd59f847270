"""Reads a file in a process of its own, which is ended when it takes too long.

Between two pages of a PDF one may look at the clock, but a hostile file can keep a library busy
within one page, in code that never returns. Only ending the process bounds that, and its memory
too. The process is started by name and not forked or spawned from this one, which would run the
app's own script again; it is kept for the next file.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, Any, Self

from retrieval.errors import CancelledError, ParseError
from retrieval.ingest.sources import Source
from retrieval.settings import Settings, settings
from retrieval.types import Document, Mark, Skipped

GRACE_SECONDS = 5.0
"""A parser that looks at the clock itself may finish what it has by then."""
_POLL_SECONDS = 0.1
_CODE_ROOT = Path(__file__).resolve().parent.parent.parent
_PROGRAM = "from retrieval.ingest.isolated import serve; serve()"

Stop = Callable[[], bool]


def parse_isolated(source: Source, stop: Stop) -> Iterator[Document | Skipped]:
    """What ``parser_for(source).parse(source)`` gives, within the limits on time and memory.

    Raises:
        ParseError: If the file cannot be read, or not within the limits.
        CancelledError: If somebody asked to stop; the process is ended at once.
    """
    data = source.read()
    with _reader() as reader:
        yield from reader.ask({"id": source.id, "size": len(data)}, data, stop)


class _Reader:
    """One process that reads files, one after the other."""

    def __init__(self) -> None:
        self.settings = settings()
        self._is_spent = False
        python_path = os.pathsep.join(filter(None, (str(_CODE_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter and our own module
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": python_path},
        )

    @property
    def alive(self) -> bool:
        return not self._is_spent and self._process.poll() is None

    def ask(self, request: dict[str, Any], data: bytes, stop: Stop) -> Iterator[Document | Skipped]:
        """Have a file read; the answers are all there before the first is given out."""
        limit = settings().max_seconds_per_file
        with _Watch(self._process, limit + GRACE_SECONDS, stop) as watch:
            answers = self._exchange(request, data)
        # A process that was killed this very moment may still look alive.
        self._is_spent = answers is None or watch.stopped or watch.expired
        if watch.stopped:
            raise CancelledError("The reading of a file was stopped.")
        if answers is None:
            took = f"reading it takes longer than the limit of {limit} seconds"
            broke = "it is damaged so badly that reading it breaks down"
            raise ParseError(took if watch.expired else broke)
        yield from map(from_wire, answers)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                # What could not be sent to a process that has ended is of no use to anybody.
                with _quiet():
                    pipe.close()

    def _exchange(self, request: dict[str, Any], data: bytes) -> list[dict[str, Any]] | None:
        """All answers, or None if the process ended before the last."""
        answers: list[dict[str, Any]] = []
        with _quiet():
            _write_line(self._process.stdin, request)
            _write(self._process.stdin, data)
            for line in self._process.stdout or ():
                answer = json.loads(line)
                if "end" in answer:
                    return answers
                answers.append(answer)
        return None


class _Watch:
    """Ends a process at its deadline, or when somebody asks to stop."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, stop: Stop) -> None:
        self.expired = self.stopped = False
        self._process = process
        self._deadline = time.monotonic() + seconds
        self._stop = stop
        self._done = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            self.stopped = self._stop()
            self.expired = time.monotonic() > self._deadline
            if self.stopped or self.expired:
                self._process.kill()
                return


_idle: list[_Reader] = []
_idle_lock = Lock()


@atexit.register
def _close_idle() -> None:
    while _idle:
        _idle.pop().close()


@contextmanager
def _reader() -> Iterator[_Reader]:
    """A process that is free, or a new one; it stays for the next file if it is well."""
    reader = _free(settings()) or _Reader()
    try:
        yield reader
    except (ParseError, CancelledError):
        _put_back(reader)
        raise
    except BaseException:
        # Somebody lost interest half-way; what the process would still say fits no question.
        reader.close()
        raise
    _put_back(reader)


def _free(current: Settings) -> _Reader | None:
    with _idle_lock:
        while _idle:
            reader = _idle.pop()
            if reader.alive and reader.settings == current:
                return reader
            reader.close()
    return None


def _put_back(reader: _Reader) -> None:
    if not reader.alive:
        reader.close()
        return
    with _idle_lock:
        spare, _idle[:] = _idle[:], [reader]
    for one in spare:
        one.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """A process that has ended breaks its pipes and may leave half a line."""
    try:
        yield
    except (OSError, json.JSONDecodeError):
        return


def _write(pipe: IO[bytes] | None, data: bytes) -> None:
    if pipe:
        pipe.write(data)
        pipe.flush()


def _write_line(pipe: IO[bytes] | None, value: dict[str, Any]) -> None:
    _write(pipe, json.dumps(value).encode() + b"\n")


def to_wire(item: Document | Skipped) -> dict[str, Any]:
    """A document or an omission as plain values."""
    if isinstance(item, Skipped):
        return {"skipped": [item.file, item.reason]}
    marks = [[mark.start, mark.page, mark.heading] for mark in item.marks]
    fields = [item.id, item.title, item.text, item.source, marks, dict(item.metadata)]
    return {"document": fields}


def from_wire(answer: dict[str, Any]) -> Document | Skipped:
    """What ``to_wire`` was given.

    Raises:
        ParseError: If the answer is an error.
    """
    if "error" in answer:
        raise ParseError(answer["error"])
    if "skipped" in answer:
        return Skipped(*answer["skipped"])
    document_id, title, text, source, marks, metadata = answer["document"]
    placed = tuple(Mark(start, page, tuple(heading)) for start, page, heading in marks)
    return Document(document_id, title, text, source, placed, metadata)
