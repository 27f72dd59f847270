"""One request to a service: in time, tried again where that helps, counted before it is sent.

Nothing that a service says is repeated but a short reason, and never what was sent in a header.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError

from retrieval.errors import RemoteError
from retrieval.models.remote.keys import bearer, find_key
from retrieval.models.remote.services import Service, is_here
from retrieval.models.remote.spending import Spending
from retrieval.settings import settings

_LOG = logging.getLogger(__name__)

ATTEMPTS = 4
FIRST_WAIT = 0.5
"""Seconds before the second attempt; twice as long before each further one."""
LONGEST_WAIT = 30.0
"""A service that asks to wait longer is given up."""
LONGEST_ANSWER = 8 << 20
"""In bytes; the answer for a thousand passages has a hundred thousand."""

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_UNAUTHORISED = frozenset({401, 403})
_UNFIT = frozenset({400, 404, 405, 413, 415, 422})
_REDIRECTIONS = range(300, 400)
_REASON_CHARACTERS = 160
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, and what it took.

    Attributes:
        body: The JSON document.
        calls: Requests that were sent for it.
        bytes_sent: Bytes of these requests' bodies together.
    """

    body: Any
    calls: int
    bytes_sent: int


class _TransientError(Exception):
    """What may go better the next time.

    Attributes:
        wait: Seconds that the service asks to wait; None where it says nothing.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Client:
    """Sends JSON to services.

    Args:
        spending: Counts the calls.
        pause: Waits for so many seconds.
    """

    def __init__(self, spending: Spending, pause: Callable[[float], None] = time.sleep) -> None:
        self.spending = spending
        self._pause = pause

    def post(self, service: Service, payload: Mapping[str, Any]) -> Answer:
        """The answer to a request.

        Args:
            service: Who is asked.
            payload: The request's body, without any key.

        Raises:
            RemoteError: If networks are forbidden, the cap is reached, the key is missing or
                refused, or the service fails again and again.
        """
        if settings().offline:
            raise RemoteError(
                f"{service.id} is not asked: SECOND_LOOK_OFFLINE forbids any network.",
                hint="Choose a model on this machine, or start without SECOND_LOOK_OFFLINE.",
            )
        data = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        wait = FIRST_WAIT
        for attempt in range(1, ATTEMPTS + 1):
            request = _request(service, data)
            self.spending.count(service.id)
            try:
                body = _within(settings().call_seconds, lambda: _send(service, request))  # noqa: B023  (called at once)
            except _TransientError as error:
                asked = error.wait
                _LOG.info("%s, attempt %d: %s", service.id, attempt, error)
                if attempt == ATTEMPTS:
                    raise _given_up(service, f"{error}, {ATTEMPTS} times") from None
                if asked is not None and asked > LONGEST_WAIT:
                    raise _given_up(service, f"{error} and asks to wait {asked:,.0f} s") from None
                self._pause(wait if asked is None else asked)
                wait *= 2
            else:
                return Answer(body, attempt, attempt * len(data))
        raise AssertionError  # the last attempt returns or raises


def _request(service: Service, data: bytes) -> urllib.request.Request:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    headers["User-Agent"] = "second-look"
    if service.key:
        headers["Authorization"] = bearer(service.key)
    return urllib.request.Request(service.address, data, headers, method="POST")  # noqa: S310  (checked)


def _within(seconds: float, send: Callable[[], Any]) -> Any:
    """What ``send`` returns or raises; given up after so many seconds, however it dawdles.

    A time-out of a socket ends a wait for one byte, not an answer that comes byte by byte.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(send())
        except BaseException as error:  # noqa: BLE001  (handed over to the caller)
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        raise _TransientError(f"did not answer within {seconds:,.0f} s") from None


def _send(service: Service, request: urllib.request.Request) -> Any:
    seconds = settings().call_seconds
    try:
        with _opener(service).open(request, timeout=seconds) as response:
            text = _read(response, time.monotonic() + seconds)
    except HTTPError as error:
        with error:
            raise _refusal(service, error) from None
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise _given_up(service, "has a certificate that is not trusted") from None
        if isinstance(reason, TimeoutError):
            raise _TransientError(f"did not answer within {seconds:,.0f} s") from None
        what = "cut its answer short" if _was_cut(reason) else "cannot be reached"
        raise _TransientError(f"{what} ({type(reason).__name__})") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _given_up(service, "answers with what is no JSON") from None


def _was_cut(reason: object) -> bool:
    kinds = (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionResetError)
    return isinstance(reason, kinds)


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    parts, held = [], 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        held += len(part)
        if held > LONGEST_ANSWER:
            raise RemoteError(f"The answer is longer than {LONGEST_ANSWER >> 20} MiB.")
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length:  # read1 ends quietly where the connection does
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(parts)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes where its owner sends it, and to no other place that an answer names."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


def _opener(service: Service) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if is_here(service.address):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _refusal(service: Service, error: HTTPError) -> Exception:
    status = error.code
    if status in _TRY_AGAIN:
        what = "has had too many requests" if status == 429 else "failed"  # noqa: PLR2004
        return _TransientError(f"{what} ({status})", _retry_after(error.headers.get("Retry-After")))
    if status in _UNAUTHORISED:
        what = f"refuses the key {service.key}" if service.key else "wants a key"
        hint = "Set another key, or choose another reranker."
        return RemoteError(f"{service.id} {what} ({status}).", hint=hint)
    if status in _REDIRECTIONS:
        return _given_up(service, f"sends requests on to another place ({status}); none follows")
    said = _said(service, error) if status in _UNFIT else ""
    return _given_up(service, f"refuses the request ({status}){said}")


def _said(service: Service, error: HTTPError) -> str:
    """A service's own reason, short, without the key should it repeat it."""
    text = ""
    with suppress(OSError, ValueError, RecursionError, http.client.HTTPException):
        body = json.loads(error.read(_CHUNK))
        if isinstance(body, dict):
            found = body.get("message") or body.get("detail") or body.get("error") or ""
            text = str(found.get("message", "") if isinstance(found, dict) else found)
    key = find_key(service.key) if service.key else None
    if key:
        text = text.replace(key, "…")
    text = re.sub(r"(?i)bearer\s+\S+", "…", " ".join(text.split()))[:_REASON_CHARACTERS]
    return f": {text}" if text else ""


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number or a date; None where the service says nothing that can be read."""
    if not value:
        return None
    with suppress(ValueError):
        return max(float(value), 0.0) if value.strip()[0].isdigit() else _until(value)
    return None


def _until(date: str) -> float:
    return max(parsedate_to_datetime(date).timestamp() - time.time(), 0.0)


def _given_up(service: Service, reason: str) -> RemoteError:
    return RemoteError(
        f"{service.id} at {service.host} {reason}.",
        hint="Nothing else is lost; try again later, or choose another reranker.",
    )
