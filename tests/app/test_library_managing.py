"""What can be done with a collection once it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import from_text
from retrieval.models.loading import Models
from retrieval.settings import Chunking
from retrieval.store import Store
from tests.app.conftest import Open, Tags, html_of, notices
from tests.app.test_library import HOSTILE, PAGE, opened, settled

NAME = "My managed things"
TEXTS = {"Mint": "Mint spreads fast.", "Sage": "Sage likes the sun.", "=1+1": HOSTILE}


@pytest.fixture
def store(home: Path, models: Models) -> Iterator[Store]:
    """A store with one collection of three documents."""
    store = Store(home)
    encoder = models.encoder()
    collection = store.create(NAME, encoder, Chunking(40, 4))
    ingest(collection, [from_text(text, title) for title, text in TEXTS.items()], encoder)
    yield store
    for name in store.names():
        if name.startswith("My "):
            store.delete(name)


def select(app: AppTest, key: str, *rows: int) -> AppTest:
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def table_of(app: AppTest) -> list[dict[str, object]]:
    return json.loads(app.dataframe[0].value.to_json(orient="records"))


def test_an_address_opens_a_collection_with_its_documents(store: Store, open_app: Open) -> None:
    app = opened(open_app, NAME)
    assert not app.exception
    assert "3 documents" in html_of(app)
    assert {row["source"] for row in table_of(app)} == {"Mint.txt", "Sage.txt", "'=1+1.txt"}


def test_a_collection_that_is_gone_gets_one_line(open_app: Open) -> None:
    app = opened(open_app, "My nothing")
    assert not app.exception
    (notice,) = notices(app)
    assert "My nothing" in notice


def test_searching_within_finds_passages_by_their_words(store: Store, open_app: Open) -> None:
    app = opened(open_app, NAME)
    app.text_input(key="within").set_value("sun").run()
    assert [row["passage"] for row in table_of(app)] == ["Sage likes the sun."]
    app.text_input(key="within").set_value("zyzzyva").run()
    assert not app.exception
    assert "No passage shares a word" in html_of(app)


def test_a_document_is_read_whole_with_its_cuts(store: Store, open_app: Open) -> None:
    app = opened(open_app, NAME)
    row = [row["source"] for row in table_of(app)].index("'=1+1.txt")
    select(app, "documents_1_of_3", row)
    app.button(key="read_document").click().run()
    assert not app.exception
    assert 'class="sl-piece sl-piece-0"' in html_of(app)
    assert "bold" in html_of(app)
    assert Tags(html_of(app)).harmless


def test_documents_are_deleted_only_after_a_second_word(store: Store, open_app: Open) -> None:
    app = select(opened(open_app, NAME), "documents_1_of_3", 0, 1)
    app.button(key="delete_documents").click().run()
    assert not app.exception
    assert "2 documents will be removed" in html_of(app)
    assert store.open(NAME).counts().documents == 3


def test_going_back_to_a_version_says_what_it_held(store: Store, open_app: Open) -> None:
    collection = store.open(NAME)
    collection.delete_documents([collection.documents()[0].id])
    app = opened(open_app, NAME, view="Versions")
    select(app, "versions_2", 1)
    app.button(key="go_back").click().run()
    assert not app.exception
    assert "3 documents" in html_of(app)
    assert store.open(NAME).counts().documents == 2


def test_a_collection_gets_another_name(store: Store, open_app: Open) -> None:
    app = opened(open_app, NAME)
    info = store.open(NAME).info
    app.text_input(key=f"new_name_{info.id}").set_value("My renamed things")
    next(button for button in app.button if "rename_" in str(button.form_id)).click().run()
    assert not app.exception
    assert "My renamed things" in store.names()
    assert "My renamed things" in html_of(app)


def test_a_name_that_is_taken_gets_one_line(store: Store, open_app: Open, models: Models) -> None:
    store.create("My other things", models.encoder())
    app = opened(open_app, NAME)
    info = store.open(NAME).info
    app.text_input(key=f"new_name_{info.id}").set_value("My other things")
    next(button for button in app.button if "rename_" in str(button.form_id)).click().run()
    assert not app.exception
    assert any("already a collection" in notice for notice in notices(app))


@pytest.mark.parametrize("layout", ["parquet", "jsonl", "beir"])
def test_an_export_can_be_taken_away(store: Store, open_app: Open, layout: str) -> None:
    app = opened(open_app, NAME, view="Export")
    app.get_by_key("layout").set_value(layout).run()
    app.button(key="export").click().run()
    assert not app.exception
    assert not notices(app)
    assert app.get("download_button")


@pytest.mark.parametrize("view", ["Questions", "Index", "Versions", "Export", "Nonsense"])
def test_every_view_opens_by_its_address(store: Store, open_app: Open, view: str) -> None:
    app = opened(open_app, NAME, view=view)
    assert not app.exception
    assert app.get_by_key("view").value == ("Documents" if view == "Nonsense" else view)


def test_the_index_view_says_how_each_leg_is_searched(store: Store, open_app: Open) -> None:
    drawn = html_of(opened(open_app, NAME, view="Index"))
    assert "every vector is compared" in drawn
    assert "words counted in memory" in drawn
    assert "bytes a passage" in drawn


def test_the_questions_of_a_sample_can_be_asked(open_app: Open) -> None:
    app = opened(open_app, "Household medicine and plants", view="Questions")
    assert len(table_of(app)) > 10
    select(app, "questions", 0)
    assert not app.button(key="ask_question").disabled


def test_a_stopped_ingestion_can_be_resumed_or_let_go(open_app: Open, home: Path) -> None:
    from pages.parts.library.background import background  # noqa: PLC0415 (needs the app's engine)
    from pages.parts.resources import _engine  # noqa: PLC0415
    from retrieval.ingest.orders import Upload  # noqa: PLC0415

    app = open_app(candidates="10", stages=["bm25"]).switch_page(PAGE).run()
    work = background(_engine())
    job = work.ingestions.submit(
        "My/impossible/name", "all-MiniLM-L6-v2", Chunking(), uploads=[Upload("a.txt", b"Text.")]
    )
    assert work.jobs.wait(job.id, 60).state == "failed"
    settled(app.run())
    assert "failed" in html_of(app)
    app.button(key=f"discard_job_{job.id}").click().run()
    assert not app.exception
    assert job.id not in {one.id for one in work.jobs.list()}
