"""Numbers in sentences."""

from __future__ import annotations

import pytest

from retrieval.wording import counted


@pytest.mark.parametrize(
    ("number", "several", "said"),
    [
        (0, None, "0 pages"),
        (1, None, "1 page"),
        (1_234, None, "1,234 pages"),
        (1, "pages or so", "1 page"),
        (2, "pages or so", "2 pages or so"),
    ],
)
def test_a_noun_follows_its_number(number: int, several: str | None, said: str) -> None:
    assert counted(number, "page", several) == said
