from __future__ import annotations

from retrieval.contrast.spans import spans_of
from retrieval.contrast.twins import offer, swap_spans
from retrieval.contrast.twins.types import Twin


def test_phrases_and_words_can_be_picked_and_swapped() -> None:
    text = "It rained. The old dog bit the small man before noon."
    sentence = offer(text).sentences[1]
    spans = spans_of(sentence)
    shown = [text[start:end] for start, end in spans]

    assert shown[0] == "The old dog"
    assert {"dog", "bit", "the small man", "noon"} <= set(shown)
    assert not {"It", "rained", "."} & set(shown)
    twin = swap_spans(text, spans[shown.index("dog")], spans[shown.index("man")])
    assert isinstance(twin, Twin)
    assert twin.text == "It rained. The old man bit the small dog before noon."


def test_markup_and_other_scripts_have_spans_too() -> None:
    for text in ("<b>dog</b> bites", "ロラタジンは眠くならない。", "12 + 3"):
        (sentence,) = offer(text).sentences
        assert all(text[a:b].strip() for a, b in spans_of(sentence))
