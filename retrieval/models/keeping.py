"""Small records under the home folder: written whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from retrieval.errors import StorageError


def keep_record(path: Path, text: str, what: str) -> None:
    """Put a record in the place of the last one, in one step.

    Args:
        path: Where it lies.
        text: What it says.
        what: What it is, for the one line where it cannot be written.

    Raises:
        StorageError: If the folder cannot be written; then the last one stands, and nothing else.
    """
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StorageError(
            f"{what} cannot be kept: {error}", hint="Make room in the home folder."
        ) from error
