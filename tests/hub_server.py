"""A model hub on loopback: speaks the hub's protocol, serves folders, misbehaves on request."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PIECE = 4096
TINY = "tiny/encoder"
"""The model that every hub of the unit tests serves."""


@dataclass
class Faults:
    """What goes wrong, until it is set back.

    ``cut_at``: a weights file breaks off at this share of its length, every time.
    ``cuts``: how often a connection breaks after a piece, and then no more.
    ``slow``: seconds before each piece of a weights file.
    ``silent``: seconds before any answer.
    ``wrong_bytes``: another file of the same length.
    ``ignores_range``: the whole file is sent whatever is asked for.
    ``status``: an answer instead of the file, by a part of its path; ``api`` for the listing.
    ``nonsense``: the listing is no JSON.
    """

    cut_at: float | None = None
    cuts: int = 0
    slow: float = 0.0
    silent: float = 0.0
    wrong_bytes: bool = False
    ignores_range: bool = False
    nonsense: bool = False
    status: dict[str, int] = field(default_factory=dict)
    status_times: int = 1_000_000
    extra_files: tuple[str, ...] = ()


@dataclass
class Repository:
    folder: Path
    commit: str
    offers: Path | None = None


@dataclass
class Hub:
    """What is served, what goes wrong, and what was asked."""

    address: str = ""
    models: dict[str, Repository] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    key: str = ""

    def add(self, model_id: str, folder: Path, offers: Path | None = None) -> None:
        """Serve a folder under an id; ``offers`` is what its converter offers as a branch."""
        commit = hashlib.sha1(model_id.encode(), usedforsecurity=False).hexdigest()
        self.models[model_id] = Repository(folder, commit, offers)

    def ranges(self) -> list[str]:
        """Range headers of all requests for weights, in order."""
        return [wanted for _, path, wanted in self.asked if path.endswith(".safetensors")]

    def behave(self) -> None:
        self.faults = Faults()


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _blob(content: bytes) -> str:
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def _route(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        time.sleep(self.hub.faults.silent)
        if self._refused(path):
            return
        if path.startswith("/api/models/"):
            self._api(path.removeprefix("/api/models/"), parse_qs(parts.query))
        elif path.startswith("/cdn/"):
            owner, name, rest = path.removeprefix("/cdn/").split("/", 2)
            revision, _, file = rest.partition("//")
            self._send(f"{owner}/{name}", revision, file)
        elif path.count("/") > 3:
            owner, name, _, rest = path.lstrip("/").split("/", 3)
            self._resolve(f"{owner}/{name}", rest)
        else:
            self._answer(404, b"{}", {})

    def _refused(self, path: str) -> bool:
        faults = self.hub.faults
        told = self.headers.get("Authorization", "")
        if self.hub.key and told != f"Bearer {self.hub.key}" and not path.startswith("/cdn/"):
            self._answer(
                401, b"", {"X-Error-Message": "Invalid credentials in Authorization header"}
            )
            return True
        for part, code in faults.status.items():
            if (
                part in path or (part == "api" and path.startswith("/api/"))
            ) and faults.status_times:
                faults.status_times -= 1
                self._answer(code, b"{}", {"Retry-After": "0"} if code == 429 else {})
                return True
        return False

    def _api(self, rest: str, query: dict[str, list[str]]) -> None:
        model_id = "/".join(rest.split("/")[:2])
        _, _, revision = rest.partition("/revision/")
        known = self.hub.models.get(model_id)
        if known is None:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif self.hub.faults.nonsense:
            self._answer(200, b"<html>Sign in to the hotel's network</html>", {})
        elif rest.endswith("/discussions"):
            self._json(self._discussions(model_id, known))
        elif "/tree/" in rest:
            self._json(self._tree(known))
        else:
            self._json(self._listing(model_id, known, revision, blobs="blobs" in query))

    def _discussions(self, model_id: str, known: Repository) -> dict[str, Any]:
        offers = [
            {
                "title": "Adding `safetensors` variant of this model",
                "num": 7,
                "author": {"name": "SFconvertbot"},
                "createdAt": "2024-01-03T00:00:00.000Z",
                "status": "open",
                "repo": {"name": model_id, "type": "model"},
                "isPullRequest": True,
            }
        ]
        found = offers if known.offers else []
        return {"discussions": found, "count": len(found), "start": 0}

    def _listing(self, model_id: str, known: Repository, revision: str, *, blobs: bool) -> Any:
        folder = known.offers if revision == "refs/pr/7" and known.offers else known.folder
        siblings = []
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            content = path.read_bytes()
            entry: dict[str, Any] = {"rfilename": path.relative_to(folder).as_posix()}
            if blobs:
                entry |= {"size": len(content), "blobId": _blob(content)}
            if blobs and path.suffix in {".safetensors", ".bin"}:
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        siblings += [
            {"rfilename": name, "size": 1, "blobId": "0"} for name in self.hub.faults.extra_files
        ]
        commit = known.commit if folder == known.folder else known.commit[::-1]
        return {"id": model_id, "modelId": model_id, "sha": commit, "siblings": siblings}

    def _tree(self, known: Repository) -> list[dict[str, Any]]:
        """The form in which the hub's own library asks for a snapshot's files."""
        entries = []
        for one in self._listing("", known, "", blobs=True)["siblings"]:
            entry = {"type": "file", "path": one["rfilename"], "size": one["size"]}
            entry["oid"] = one["blobId"]
            if lfs := one.get("lfs"):
                told = {"oid": lfs["sha256"], "size": lfs["size"]}
                entry["lfs"] = {**told, "pointerSize": lfs["pointerSize"]}
            entries.append(entry)
        return entries

    def _resolve(self, model_id: str, rest: str) -> None:
        known = self.hub.models.get(model_id)
        if known is None:
            self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
            return
        revision, _, file = rest.partition("/")
        if revision == "refs":
            _, _, file = rest.partition("refs/pr/7/")
            revision = "refs/pr/7"
        path = self._folder(known, revision) / file
        if not path.is_file():
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": known.commit})
            return
        content = path.read_bytes()
        told = {"X-Repo-Commit": known.commit, "Accept-Ranges": "bytes"}
        if path.suffix in {".safetensors", ".bin"}:
            # As the hub does: large files lie elsewhere, and only their hash is told here.
            elsewhere = self.hub.address.replace("127.0.0.1", "localhost")
            place = f"{elsewhere}/cdn/{model_id}/{revision.replace('/', '~')}//{file}"
            digest = hashlib.sha256(content).hexdigest()
            told |= {"X-Linked-ETag": f'"{digest}"', "X-Linked-Size": str(len(content))}
            self._answer(302, b"", {**told, "Location": place})
        else:
            self._bytes(content, {**told, "ETag": f'"{_blob(content)}"'}, faulty=False)

    def _folder(self, known: Repository, revision: str) -> Path:
        offered = revision.replace("~", "/") in {"refs/pr/7", known.commit[::-1]}
        return known.offers if offered and known.offers else known.folder

    def _send(self, model_id: str, revision: str, file: str) -> None:
        known = self.hub.models[model_id]
        content = (self._folder(known, revision) / file).read_bytes()
        if self.hub.faults.wrong_bytes:
            content = content[:-8] + bytes(8)
        self._bytes(content, {"ETag": '"cdn"', "Accept-Ranges": "bytes"}, faulty=True)

    def _bytes(self, content: bytes, headers: dict[str, str], *, faulty: bool) -> None:
        wanted = self.headers.get("Range", "")
        start = 0
        if wanted and not (faulty and self.hub.faults.ignores_range):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
        if start >= len(content) > 0 and start:
            self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        if start or (wanted and not self.hub.faults.ignores_range):
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send_response(206 if "Content-Range" in headers else 200)
        for name, value in {**headers, "Content-Length": str(len(content) - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self._pieces(content, start, faulty=faulty)

    def _pieces(self, content: bytes, start: int, *, faulty: bool) -> None:
        faults = self.hub.faults
        for place in range(start, len(content), PIECE):
            end = min(place + PIECE, len(content))
            if faulty and faults.cut_at is not None:
                end = min(end, int(faults.cut_at * len(content)))
            if faulty and faults.slow:
                time.sleep(faults.slow)
            if end > place:
                self.wfile.write(content[place:end])
                self.wfile.flush()
            if faulty and (end < min(place + PIECE, len(content)) or faults.cuts > 0):
                faults.cuts = max(0, faults.cuts - 1)
                self.close_connection = True
                self.connection.shutdown(2)
                return

    def _json(self, value: Any) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _answer(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
