from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.models.loading import Models
from retrieval.settings import Chunking
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, Tags, html_of, notices
from tests.corpus import filled

PAGE = "pages/measure/cost.py"
KEYS = (
    "collection",
    "candidates",
    "reranker",
    "pair_speed",
    "documents",
    "chunks_a_document",
    "queries_a_day",
    "peak",
    "latency",
    "stakes",
    "similarity_only",
)


@pytest.fixture(scope="module")
def corpus(home: Path, models: Models) -> str:
    """A judged collection of eight passages, and an empty one."""
    store, encoder = Store(home), models.encoder()
    collection = filled(store, encoder, name="Costly")
    collection.add_questions([Question("q", "what bit the man")])
    collection.add_judgments([Judgment("q", "d002", 1)])
    store.create("Nothing", encoder, Chunking(tokens=16))
    return collection.name


def open_cost(**address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(PAGE).run()


def strip_of(app: AppTest) -> str:
    (found,) = (h.value for h in app.html if 'class="sl-strip"' in h.value)
    return found


def test_the_page_measures_and_names_an_architecture(corpus: str) -> None:
    app = open_cost(collection=corpus, documents="1000000")
    assert not app.exception
    assert not notices(app)
    assert "Build: two stages" in strip_of(app)
    body = html_of(app)
    assert "measured here" in body
    assert "assumed" in body
    assert "Measured on “Costly” (8 passages" in body
    (chart,) = app.get("plotly_chart")
    assert "Over 1,000,000 passages" in chart.proto.alt
    assert len(json.loads(chart.proto.spec)["data"][0]["x"]) == 3
    assert Tags(body).harmless


@pytest.mark.parametrize("key", KEYS)
def test_each_number_has_a_key_that_addresses_use(corpus: str, key: str) -> None:
    assert open_cost(collection=corpus).get_by_key(key) is not None


def test_the_textbooks_example_is_one_click_away(corpus: str) -> None:
    app = open_cost(collection=corpus, documents="500", chunks_a_document="4")
    app.button(key="textbook").click().run()
    assert not app.exception
    assert app.number_input(key="documents").value == 1_000_000
    assert app.number_input(key="chunks_a_document").value == 1
    assert "1.4 to 2.8 hours" in html_of(app)
    app.selectbox(key="pair_speed").set_value("measured here").run()
    assert "1.4 to 2.8 hours" not in html_of(app)


def test_a_pair_time_of_ones_own_counts(corpus: str) -> None:
    app = open_cost(
        collection=corpus, documents="3600000", pair_speed="my own", pair_ms="2", latency="1000"
    )
    assert not app.exception
    assert "2 hours" in html_of(app)
    assert re.search(r"a pair in the reranker</td><td>2 ms</td><td>assumed", html_of(app))


def test_stakes_and_similarity_change_the_advice(corpus: str) -> None:
    app = open_cost(collection=corpus, documents="1000000", similarity_only="true")
    assert "Build: bi-encoder alone" in strip_of(app)
    app.get_by_key("stakes").set_value("medical").run()
    assert "Build: two stages" in strip_of(app)
    assert "legal, medical or financial stakes: reranking" in strip_of(app)


def test_unreadable_numbers_of_an_address_fall_back(corpus: str) -> None:
    app = open_cost(collection=corpus, documents="-3", latency="soon", stakes="none at all")
    assert not app.exception
    assert app.number_input(key="documents").value == 1_000_000
    assert app.number_input(key="latency").value == 500


def test_an_empty_collection_gets_one_line(corpus: str) -> None:
    (notice,) = notices(open_cost(collection="Nothing"))
    assert "This collection is empty." in notice


def test_the_gain_of_reranking_appears_once_its_scores_are_known(corpus: str) -> None:
    app = open_cost(collection=corpus, reranker="second-look-reranker", candidates="100")
    if "On 1 judged question" not in html_of(app):
        assert "is not known yet" in html_of(app)
        search = AppTest.from_file(str(APP), default_timeout=120)
        search.query_params["collection"] = corpus
        search.query_params["query"] = "what bit the man"
        search.run()
        app = open_cost(collection=corpus, candidates="99")
    assert "On 1 judged question of this collection" in html_of(app)
