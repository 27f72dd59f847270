"""The grades that a review is judged in, and the words on their buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.errors import ReviewError

LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class Scale:
    """Grades from 0 up, each with its words.

    Attributes:
        id: ``graded`` or ``binary``.
        words: What each grade is called, grade 0 first.

    Raises:
        ReviewError: If there is no such scale, or a grade has no word or one too long.
    """

    id: str
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.id not in _SIZES:
            raise ReviewError(
                f"There is no scale “{self.id}”.", hint=f"Choose from {', '.join(_SIZES)}."
            )
        if len(self.words) != _SIZES[self.id]:
            raise ReviewError(
                f"The scale has {len(self.words)} words for {_SIZES[self.id]} grades.",
                hint="Give each grade its word.",
            )
        for word in self.words:
            if not word.strip() or len(word) > LONGEST_WORD:
                raise ReviewError(
                    "A grade has no word." if not word.strip() else "A grade’s word is too long.",
                    hint=f"Give each grade a word of 1 to {LONGEST_WORD} characters.",
                )

    @property
    def grades(self) -> range:
        """The grades, the lowest first."""
        return range(len(self.words))

    def word(self, grade: int) -> str:
        """What a grade is called."""
        return self.words[grade]

    def worded(self, words: Sequence[str]) -> Scale:
        """The same grades under other words; raises what making a scale does."""
        return Scale(self.id, tuple(" ".join(word.split()) for word in words))

    def check(self, grade: int) -> None:
        """Raise ``ReviewError`` unless the scale has this grade."""
        if isinstance(grade, bool) or grade not in self.grades:
            raise ReviewError(
                f"The scale has no grade {grade}.", hint=f"Choose from 0 to {len(self.words) - 1}."
            )


_SIZES: Mapping[str, int] = MappingProxyType({"graded": 4, "binary": 2})

SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        scale.id: scale
        for scale in (
            Scale(
                "graded",
                ("Not relevant", "On the topic", "Answers in part", "Answers the question"),
            ),
            Scale("binary", ("Not relevant", "Relevant")),
        )
    }
)
"""The scales to choose from, with the words they have unless others are given."""
