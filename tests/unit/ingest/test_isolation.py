"""A file that keeps its reader busy, eats memory or breaks it down costs one line and its time."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from retrieval.errors import CancelledError, ParseError
from retrieval.ingest import isolation
from retrieval.ingest.isolation import from_wire, parse_isolated, to_wire
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.reading import within_time
from retrieval.settings import settings
from retrieval.store import Store
from retrieval.types import Document, Mark, Skipped
from tests.conftest import TinyEncoder
from tests.unit.ingest.test_parsers import make_pdf, parse, source

BUSY = "import time, sys; sys.stdin.buffer.readline(); time.sleep(3600)"
DYING = "import os, sys; sys.stdin.buffer.readline(); os.abort()"


def never() -> bool:
    return False


@pytest.fixture(autouse=True)
def _fresh(home: object) -> Iterator[None]:
    isolation._close_idle()
    yield
    isolation._close_idle()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started from now on."""
    found: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def noted(*command: object, **options: object) -> subprocess.Popen[bytes]:
        found.append(start(*command, **options))  # type: ignore[call-overload]
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    return found


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_SECONDS_PER_FILE", "1")
    monkeypatch.setattr(isolation, "GRACE_SECONDS", 0.2)
    settings.cache_clear()


def test_the_answer_is_that_of_the_parser_and_the_process_stays() -> None:
    pdf = make_pdf("first page", "second page")
    assert list(parse_isolated(source("a.pdf", pdf), never)) == parse("a.pdf", pdf)[0]
    (kept,) = isolation._idle
    with pytest.raises(ParseError, match="it is no PDF"):
        list(parse_isolated(source("a.pdf", b"no pdf"), never))
    assert len(list(parse_isolated(source("b.html", "<p>b</p>"), never))) == 1
    assert isolation._idle == [kept]


def test_other_limits_need_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = source("a.pdf", make_pdf("one", "two"))
    list(parse_isolated(pdf, never))
    monkeypatch.setenv("SECOND_LOOK_MAX_PAGES", "1")
    settings.cache_clear()
    skipped = [one for one in parse_isolated(pdf, never) if isinstance(one, Skipped)]
    assert "only the first 1" in skipped[0].reason


@pytest.mark.usefixtures("one_second")
def test_a_reader_that_never_returns_is_ended(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_PROGRAM", BUSY)
    with pytest.raises(ParseError, match="longer than the limit of 1 seconds"):
        list(parse_isolated(source("a.pdf", b"%PDF-"), never))
    assert [one.returncode for one in started] == [-signal.SIGKILL]
    assert isolation._idle == []


def test_a_reader_that_breaks_down_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_PROGRAM", DYING)
    with pytest.raises(ParseError, match="breaks down"):
        list(parse_isolated(source("a.pdf", b"%PDF-" + b"x" * 1_000_000), never))


def test_a_stop_ends_the_reader_the_first_time_that_it_is_asked_for(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_PROGRAM", BUSY)
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(len(asked) == 2)
        return asked[-1]

    with pytest.raises(CancelledError):
        list(parse_isolated(source("a.pdf", b"%PDF-"), stop))
    assert asked == [False, False, True]
    assert [one.returncode for one in started] == [-signal.SIGKILL]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_PARSE_MB", "256")
    monkeypatch.setenv("SECOND_LOOK_MAX_FILE_MB", "500")
    settings.cache_clear()
    with pytest.raises(ParseError, match=r"memory|breaks down"):
        list(parse_isolated(source("a.html", b"<p>x</p>" * 12_000_000), never))


@pytest.mark.usefixtures("one_second")
def test_a_hostile_file_is_a_line_and_the_rest_goes_on(
    store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_PROGRAM", BUSY)
    collection = store.create("c", tiny_encoder)
    found = [source("a.pdf", b"%PDF-"), source("b.txt", "the cat")]
    report = ingest(collection, found, tiny_encoder)
    assert report.added == 1
    assert [one.file for one in report.skipped] == ["a.pdf"]


def test_records_that_take_too_long_are_cut_off_and_waiting_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_SECONDS_PER_FILE", "1")
    settings.cache_clear()
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def items() -> Iterator[Skipped]:
        for number in range(5):
            clock[0] += 0.4
            yield Skipped("a", str(number))

    seen = []

    def wait() -> None:
        for one in within_time(items()):
            clock[0] += 100
            seen.append(one)

    with pytest.raises(ParseError, match="only a part"):
        wait()
    assert len(seen) == 3


def test_what_goes_over_the_wire_comes_back() -> None:
    marks = (Mark(0, 1), Mark(3, None, ("A", "B")))
    document = Document("i\u2028d", "t", "text\nmore", "s", marks, {"k": "v"})
    for item in (document, Skipped("f", "r")):
        assert from_wire(to_wire(item)) == item or to_wire(from_wire(to_wire(item))) == to_wire(
            item
        )
