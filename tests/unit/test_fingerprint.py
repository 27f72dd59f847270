"""Fingerprints stay what they were, however long a text is and whatever quotes it holds."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from retrieval import fingerprint
from retrieval.types import Document, Mark, text_hash

TEXTS = st.text(st.sampled_from("ab'\"\\\n\t\x00é漢😀\ud800"), max_size=12) | st.text()


@given(TEXTS, TEXTS, st.integers(1, 5))
def test_a_fingerprint_is_the_hash_of_all_fields_as_they_are_written(
    text: str, title: str, piece: int
) -> None:
    marks = (Mark(0, 1, ("A'",)),)
    document = Document("a.md", title, text, "a.md", marks, {"b": "2", "a": title})
    whole = repr(("a.md", title, text, "a.md", marks)) + repr([("a", title), ("b", "2")])
    with patch.object(fingerprint, "PIECE", piece):
        assert document.fingerprint == text_hash(whole)


def test_the_fingerprint_of_a_known_document_never_changes() -> None:
    document = Document("a", "A", 'It\'s "so".', "a.txt")
    assert document.fingerprint == "d73ee8bfa7577490284258a78e84eb53"
