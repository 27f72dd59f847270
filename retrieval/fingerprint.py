"""The fingerprint of a document, made piece by piece, so that no text is copied whole for it.

It is the hash of what Python writes for the document's fields (``repr``). Collections keep it from
one version to the next, so what it hashes may never change: not by a letter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

PIECE = 1 << 20
"""Characters that are written at once."""
DIGITS = 32


def fingerprint(before: tuple[str, ...], text: str, after: tuple[object, ...], rest: object) -> str:
    """The first 32 hex digits of SHA-256 over ``repr((*before, text, *after)) + repr(rest)``."""
    digest = hashlib.sha256()
    parts = [repr(one) for one in before], [repr(one) for one in after]
    digest.update(_bytes("(" + "".join(f"{one}, " for one in parts[0])))
    for piece in _written(text):
        digest.update(_bytes(piece))
    digest.update(_bytes("".join(f", {one}" for one in parts[1]) + ")" + repr(rest)))
    return digest.hexdigest()[:DIGITS]


def _written(text: str) -> Iterator[str]:
    """``repr(text)`` in pieces."""
    quote = '"' if "'" in text and '"' not in text else "'"
    # What is appended makes Python choose the quotes of the whole text, whatever a piece holds.
    tail, written = ("'", "'") if quote == '"' else ("'\"", "\\'\"")
    yield quote
    for start in range(0, len(text), PIECE):
        yield repr(text[start : start + PIECE] + tail)[1 : -1 - len(written)]
    yield quote


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
