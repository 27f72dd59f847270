"""The other side of ``isolation``: the process that reads one file after the other."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from retrieval.errors import ParseError
from retrieval.ingest.isolation import to_wire
from retrieval.ingest.metering import MEBIBYTE
from retrieval.ingest.parsers import parser_for
from retrieval.ingest.sources import Source
from retrieval.settings import settings


def serve() -> None:
    """Read requests from standard input and answer on standard output, until it ends."""
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit_memory()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["size"])
        for answer in _answers(request["id"], data):
            answers.write(json.dumps(answer).encode() + b"\n")
        answers.write(b'{"end": true}\n')
        answers.flush()


def _answers(file_id: str, data: bytes) -> Iterator[dict[str, Any]]:
    source = Source(file_id, len(data), lambda: io.BytesIO(data))
    try:
        for item in parser_for(source).parse(source):
            yield to_wire(item)
    except ParseError as error:
        yield {"error": error.message}
    except MemoryError:
        limit = settings().max_parse_mb
        yield {"error": f"reading it takes more memory than the limit of {limit} MiB"}


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - only on Unix

    limit = settings().max_parse_mb * MEBIBYTE
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
