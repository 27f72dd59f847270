from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.store import Store
from tests.app.conftest import Open, Tags, html_of, list_of, notices

PAGE = "pages/explore/library.py"
SECONDS = 60
HOSTILE = "<script>alert('x')</script><b onclick=alert(1)>bold</b> [link](javascript:alert(2))"


@pytest.fixture
def library(open_app: Open, home: Path) -> Iterator[AppTest]:
    yield open_app(candidates="10", stages=["bm25"]).switch_page(PAGE).run()
    store = Store(home)
    for name in store.names():
        if name.startswith("My "):
            store.delete(name)


def add(app: AppTest, name: str, *files: tuple[str, bytes]) -> AppTest:
    """Hand in files, and wait for what becomes of them."""
    app.text_input(key="name").set_value(name)
    for file in files:
        app.file_uploader[0].upload(*file)
    app.button(key="add").click()
    return settled(app.run())


def settled(app: AppTest) -> AppTest:
    """The page once nothing is under way any more."""
    deadline = time.monotonic() + SECONDS
    while any(str(button.key).startswith("stop_") for button in app.button):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        app.run()
    return app


def opened(open_app: Open, name: str, **address: str) -> AppTest:
    """A collection opened in the library."""
    app = open_app(candidates="10", stages=["bm25"]).switch_page(PAGE).run()
    for key, value in {"collection": name, **address}.items():
        app.query_params[key] = value
    return app.run()


def test_the_page_opens_with_the_samples(library: AppTest) -> None:
    assert not library.exception
    assert "Household medicine and plants" in html_of(library)


def test_uploaded_files_become_a_collection_that_can_be_searched(
    library: AppTest, open_app: Open
) -> None:
    add(
        library,
        "My notes",
        ("roses.md", b"# Roses\n\nPrune roses in late winter.\n"),
        ("mint.txt", b"Mint spreads. Plant it in a pot."),
    )
    assert not library.exception
    assert "now holds 2 documents" in html_of(library)
    app = open_app(collection="My notes", query="when to prune roses")
    assert not app.exception
    assert "Prune" in list_of(app, "bm25")


def test_pasted_text_becomes_a_document(library: AppTest) -> None:
    library.text_input(key="pasted_title").set_value("A note")
    library.text_area(key="pasted_text").set_value("Basil likes the sun.")
    add(library, "My pasted notes")
    assert "now holds 1 document in 1 passage" in html_of(library)


def test_each_bad_file_gets_its_reason_and_the_good_ones_go_in(library: AppTest) -> None:
    add(
        library,
        "My mixed bag",
        ("broken.pdf", b"%PDF-1.7 nothing more"),
        ("empty.txt", b""),
        ("lines.jsonl", b'{"text": "a good line about sage"}\nnot json\n'),
        ("picture.png", b"\x89PNG"),
        ("good.md", b"# Good\n\nA good file about thyme."),
    )
    assert not library.exception
    drawn = html_of(library)
    for file in ("broken.pdf", "empty.txt", "lines.jsonl", "picture.png"):
        assert re.search(rf"<tr><td>{re.escape(file)}", drawn)
    assert "now holds 2 documents" in drawn


@pytest.mark.parametrize("name", ["../etc", "a/b", 'say "hi"', "x" * 500])
def test_a_name_that_cannot_be_gets_one_line(library: AppTest, name: str) -> None:
    add(library, name, ("good.md", b"# Good\n\nText."))
    assert not library.exception
    assert len(notices(library)) <= 1


@pytest.mark.parametrize("name", ["", "My empty hands"])
def test_nothing_to_add_gets_one_line(library: AppTest, name: str) -> None:
    if name:
        library.text_input(key="name").set_value(name)
    library.button(key="add").click().run()
    assert not library.exception
    assert len(notices(library)) == 1


def test_markup_in_documents_is_shown_and_not_obeyed(library: AppTest, open_app: Open) -> None:
    record = json.dumps({"_id": "1", "title": HOSTILE, "text": f"Sage tea. {HOSTILE}"})
    add(library, "My hostile <b>texts</b>", ("x.jsonl", record.encode()))
    add(library, "My hostile texts", ("<img src=x>.jsonl", record.encode()))
    app = open_app(collection="My hostile texts", query="sage tea")
    for page in (library, app):
        assert not page.exception
        assert Tags(html_of(page)).harmless
    charts = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert "<script" not in charts
    assert "\\u003cscript" not in charts


def test_a_collection_is_deleted_only_after_a_second_word(library: AppTest, home: Path) -> None:
    add(library, "My passing thing", ("a.txt", b"Some text."))
    info = Store(home).open("My passing thing").info
    library.button(key=f"delete_{info.id}").click().run()
    assert "will be removed" in html_of(library)
    assert "My passing thing" in Store(home).names()


def test_a_collection_deleted_meanwhile_gets_one_line(
    library: AppTest, open_app: Open, home: Path
) -> None:
    add(library, "My short life", ("a.txt", b"Some text about sage."))
    app = open_app(collection="My short life", query="sage")
    Store(home).delete("My short life")
    app.text_input(key="query").set_value("sage tea").run()
    assert not app.exception
    (notice,) = notices(app)
    assert "My short life" in notice


TABLE = b"sku,remark,story\n1,short,Roses are pruned in winter.\n2,short,Mint spreads fast.\n"


def test_columns_are_guessed_and_can_be_chosen(library: AppTest, home: Path) -> None:
    library.text_input(key="name").set_value("My table")
    library.file_uploader[0].upload("plants.csv", TABLE)
    library.run()
    text = next(box for box in library.selectbox if box.label == "Text")
    assert text.value == "story"
    next(box for box in library.selectbox if box.label == "Id").set_value("sku").run()
    library.button(key="add").click()
    settled(library.run())
    assert not library.exception
    collection = Store(home).open("My table")
    assert {info.id for info in collection.documents()} == {"1", "2"}
    assert collection.document("1").metadata == {"remark": "short"}


def test_a_table_without_a_text_is_said_to_be_left_out(library: AppTest) -> None:
    library.file_uploader[0].upload("empty.csv", b"")
    library.run()
    assert not library.exception
    assert any("left out" in notice for notice in notices(library))


def test_the_chunking_preview_follows_the_sliders(library: AppTest) -> None:
    text = " ".join(f"Sentence number {number} is about plants." for number in range(200))
    library.file_uploader[0].upload("long.txt", text.encode())
    library.run()
    before = caption_of(library)
    assert re.match(r"\d+ passages from 1 document", before)
    library.slider(key="chunk_tokens").set_value(64).run()
    assert not library.exception
    assert int(caption_of(library).split()[0]) > int(before.split()[0])
    assert "sl-piece-2" in html_of(library)


def test_a_smaller_chunk_takes_the_overlap_along(library: AppTest) -> None:
    library.slider(key="overlap").set_value(90).run()
    library.slider(key="chunk_tokens").set_value(32).run()
    assert not library.exception
    assert library.slider(key="overlap").value <= 16


def caption_of(app: AppTest) -> str:
    (found,) = re.findall(r'<p class="sl-caption">(.*?)</p>', html_of(app))
    return found
