"""Folders of the machine that the app runs on, where its owner allows them to be ingested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from retrieval.errors import IngestError
from retrieval.ingest.sources import Found, expand
from retrieval.settings import settings


def from_server(path: str | Path) -> Iterator[Found]:
    """Every file in a folder, or the one file, that ``server_folders`` allows.

    Links are followed to where they lead before anything is compared; a link inside the folder
    that leads out of what is allowed is left out, and said.

    Raises:
        IngestError: If it is not allowed or not there; the message does not tell which.
    """
    roots = tuple(root.resolve() for root in settings().server_folders)
    try:
        real = Path(path).resolve()
        allowed = _is_inside(real, roots) and real.exists()
    except (OSError, ValueError, RuntimeError):
        # Names with a zero byte, links in a circle.
        allowed = False
    if not allowed:
        raise IngestError(
            f"The server offers no folder {str(path)!r}.", hint=_hint(settings().server_folders)
        )
    yield from expand([real], allowed=lambda file: _is_inside(file.resolve(), roots))


def _is_inside(path: Path, roots: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _hint(folders: tuple[Path, ...]) -> str:
    if not folders:
        return "Its owner can allow folders with SECOND_LOOK_SERVER_FOLDERS."
    return f"These are offered: {', '.join(map(str, folders))}."
