from __future__ import annotations

from dataclasses import replace

from retrieval.models.remote.sending import sending
from retrieval.models.remote.services import KNOWN

COHERE = KNOWN[0]


def test_one_question_is_told_with_its_passages_its_place_and_its_calls() -> None:
    assert sending(COHERE, 1, 120, 498).sentence == (
        "Text leaves this machine: the question and up to 120 passages go to api.cohere.com "
        "(rerank-v3.5), in up to 2 calls; today’s cap leaves 498."
    )


def test_many_questions_are_counted() -> None:
    assert sending(replace(COHERE, kind="chat"), 30, 100, 5).calls == 270
    assert "30 questions and up to 100 passages each" in sending(COHERE, 30, 100, 5).sentence


def test_a_service_on_this_machine_is_called_one() -> None:
    here = replace(COHERE, address="http://127.0.0.1:8000/rerank")
    assert sending(here, 1, 10, 5).sentence.startswith("Text goes to a service on this machine")
    assert "leaves this machine" not in here.use
    assert "leaves this machine" in COHERE.use
