"""Files, folders, uploads and ZIPs: what is read, what is refused, and what never comes out."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from retrieval.errors import IngestError, ParseError
from retrieval.ingest.sources import Found, Source, expand, from_text, from_upload
from retrieval.settings import settings
from retrieval.types import Skipped

Limit = Callable[[str, int], None]


@pytest.fixture(autouse=True)
def limit(home: Path, monkeypatch: pytest.MonkeyPatch) -> Limit:
    def set_limit(name: str, value: int) -> None:
        monkeypatch.setenv(f"SECOND_LOOK_{name.upper()}", str(value))
        settings.cache_clear()

    return set_limit


def make_zip(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def read(found: Iterator[Found]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Contents by id, and reasons by file."""
    items = list(found)
    contents = {one.id: one.read() for one in items if isinstance(one, Source)}
    return contents, {one.file: one.reason for one in items if isinstance(one, Skipped)}


def test_a_folder_gives_paths_inside_it_in_order_without_hidden_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("b.txt", "a/z.md", ".DS_Store", ".git/x.txt", "__MACOSX/a.txt", "a/Thumbs.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    contents, skipped = read(expand([folder]))
    assert contents == {"a/z.md": b"a/z.md", "b.txt": b"b.txt"}
    assert list(contents) == ["a/z.md", "b.txt"]
    assert skipped == {}


def test_a_path_that_does_not_exist_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no file or folder"):
        list(expand([tmp_path / "nowhere"]))


def test_a_link_to_nowhere_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert read(expand([tmp_path / "in"])) == (
        {},
        {"gone.txt": "it is not a file, or a link to nowhere"},
    )


def test_a_file_name_that_is_no_text_still_has_an_id(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/a\xff.txt")).write_text("x")
    contents, _ = read(expand([tmp_path / "in"]))
    assert contents == {"a?.txt": b"x"}


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path, limit: Limit) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    limit("max_files", 2)
    with pytest.raises(IngestError, match="more than 2 files"):
        list(expand([tmp_path]))


def test_an_upload_keeps_only_its_name() -> None:
    assert read(from_upload("C:\\fake\\notes.txt", b"x"))[0] == {"notes.txt": b"x"}


def test_a_pasted_text_is_a_text_file() -> None:
    source = from_text("grüße \ud800", "My note")
    assert (source.id, source.read()) == ("My note.txt", "grüße ?".encode())


def test_a_file_over_the_limit_is_refused_by_its_real_size(tmp_path: Path, limit: Limit) -> None:
    limit("max_file_mb", 1)
    (tmp_path / "big.txt").write_bytes(b"x" * ((1 << 20) + 1))
    (source,) = expand([tmp_path / "big.txt"])
    assert isinstance(source, Source)
    for liar in (source, Source(source.id, 10, source.opener)):
        with pytest.raises(ParseError, match="limit of 1 MiB"):
            liar.read()


def test_a_zip_is_read_as_the_files_in_it(tmp_path: Path) -> None:
    data = make_zip({"b.txt": b"b", "a/x.md": b"x", "__MACOSX/._b.txt": b"no", ".hid/a.txt": b"no"})
    expected = {"a/x.md": b"x", "b.txt": b"b"}
    assert read(from_upload("docs.zip", data)) == (expected, {})
    (tmp_path / "docs.zip").write_bytes(data)
    assert read(expand([tmp_path / "docs.zip"])) == (expected, {})


def test_a_zip_in_a_folder_keeps_its_name_in_the_ids(tmp_path: Path) -> None:
    (tmp_path / "docs.zip").write_bytes(make_zip({"b.txt": b"b"}))
    (tmp_path / "b.txt").write_bytes(b"other")
    # A single ZIP handed in needs no prefix, two in a folder do.
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "more.zip").write_bytes(make_zip({"b.txt": b"more"}))
    contents, _ = read(expand([tmp_path]))
    assert contents == {"b.txt": b"other", "docs.zip/b.txt": b"b", "sub/more.zip/b.txt": b"more"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd.txt", "leads out"),
        ("a/../../b.txt", "leads out"),
        ("/etc/passwd.txt", "leads out"),
        ("C:/windows.txt", "leads out"),
        ("..\\up.txt", "leads out"),
        ("inner.zip", "ZIP inside a ZIP"),
    ],
)
def test_a_dangerous_member_is_refused_and_the_rest_goes_on(name: str, reason: str) -> None:
    contents, skipped = read(from_upload("x.zip", make_zip({name: b"bad", "good.txt": b"good"})))
    assert contents == {"good.txt": b"good"}
    assert [reason in one for one in skipped.values()] == [True]


def test_an_encrypted_member_and_a_link_are_refused() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("secret.txt", "x")
    data = bytearray(buffer.getvalue())
    # Set the bit "encrypted" of the second entry in the central directory.
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1
    contents, skipped = read(from_upload("x.zip", bytes(data)))
    assert contents == {}
    assert "link" in skipped["link.txt"]
    assert "encrypted" in skipped["secret.txt"]


def test_a_bomb_is_refused_by_its_header(limit: Limit) -> None:
    limit("max_expanded_mb", 1)
    bomb = make_zip({"zeros.txt": b"0" * (2 << 20)})
    assert len(bomb) < 10_000
    contents, skipped = read(from_upload("bomb.zip", bomb))
    assert contents == {}
    assert "limit of 1 MiB" in skipped["bomb.zip"]


def test_a_bomb_whose_header_lies_is_stopped_by_its_real_bytes(
    limit: Limit,
) -> None:
    data = make_zip({f"{n}.txt": b"0" * (1 << 20) for n in range(3)})
    sources = [one for one in from_upload("bomb.zip", data) if isinstance(one, Source)]
    # Header and limit disagree only after the header was believed.
    limit("max_expanded_mb", 2)
    assert len(sources[0].read()) == len(sources[1].read()) == 1 << 20
    with pytest.raises(ParseError, match="unpacks to more than the limit of 2 MiB"):
        sources[2].read()


def test_a_zip_with_too_many_files_is_refused(limit: Limit) -> None:
    limit("max_files", 2)
    _, skipped = read(from_upload("x.zip", make_zip({f"{n}.txt": b"x" for n in range(3)})))
    assert skipped == {"x.zip": "it holds more than 2 files"}


@pytest.mark.parametrize("data", [b"", b"no zip", make_zip({"a.txt": b"x" * 99})[:-30]])
def test_a_broken_zip_is_one_line(data: bytes) -> None:
    assert read(from_upload("x.zip", data)) == (
        {},
        {"x.zip": "it is no ZIP file, or a damaged one"},
    )


def test_an_empty_zip_is_one_line() -> None:
    assert read(from_upload("x.zip", make_zip({}))) == ({}, {"x.zip": "the ZIP holds no files"})


BEIR = {
    "corpus.jsonl": b"{}",
    "queries.jsonl": b"{}",
    "qrels/test.tsv": b"",
    "README.md": b"about",
}


@pytest.mark.parametrize("prefix", ["", "scifact/"])
def test_a_beir_folder_is_known_by_its_corpus(prefix: str, tmp_path: Path) -> None:
    members = {prefix + name: data for name, data in BEIR.items()}
    for name, data in members.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    for found in (expand([tmp_path / "in"]), from_upload("x.zip", make_zip(members))):
        items = list(found)
        roles = {one.id: one.role for one in items if isinstance(one, Source)}
        assert roles == {
            f"{prefix}corpus.jsonl": "corpus",
            f"{prefix}queries.jsonl": "questions",
            f"{prefix}qrels/test.tsv": "judgments",
        }
        assert [one.file for one in items if isinstance(one, Skipped)] == [f"{prefix}README.md"]
