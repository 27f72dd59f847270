"""How a model is fine-tuned: defaults that suit few questions, and the recipe they lead to."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retrieval.errors import SettingsError
from retrieval.training.examples import LEAST_HELD_OUT, QUESTIONS
from retrieval.training.recipe import Phase, Recipe

Kind = Literal["reranker", "encoder"]
REPLAY = "replay"
MOST_HELD_OUT = 100
"""Held-out questions at most: for a hundred of them a reranker reads ten thousand pairs, twice."""
LEAST_SLICE, MOST_SLICE = 3, 50
MOST_PAIRS = 40_000
_FOLDER = Path(__file__).parent / "recipes"


class FineTuning(BaseModel):
    """What a fine-tuning may be told.

    Attributes:
        seed: Fixes every choice: the split too.
        held_out: Share of the questions that is set aside for the comparison.
        slice: Share of the others whose loss says when to end.
        passes: How often each question is read at the most.
        learning_rate: The highest rate.
        replay: Share of what is read that is not of the questions: it keeps what the model knew.
        keep: Share of the starting weights in what is written.
        mined: Passages a question that the first stages rank high and nobody has judged: they are
            taken for wrong.
        batch_pairs: Pairs in one step.
        group_pairs: Most pairs of one question in a step.
        max_tokens: Most tokens of a pair, or of a text for an encoder.
        checks: How often the slice is measured over a whole training.
        patience: The training ends once so many of these in a row brought nothing.
        train_embeddings: Whether the word vectors change; few questions hold few of the words.
        precision: Of the matrix products.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 20
    held_out: float = Field(0.3, gt=0, lt=1)
    slice: float = Field(0.2, gt=0, lt=1)
    passes: int = Field(12, ge=1, le=200)
    learning_rate: float = Field(2e-5, gt=0, le=1e-2)
    replay: float = Field(0.4, ge=0, lt=1)
    keep: float = Field(0.2, ge=0, lt=1)
    mined: int = Field(10, ge=0, le=50)
    batch_pairs: int = Field(32, ge=4, le=512)
    group_pairs: int = Field(8, ge=2, le=64)
    max_tokens: int = Field(256, ge=16, le=512)
    checks: int = Field(12, ge=1, le=100)
    patience: int = Field(4, ge=1, le=100)
    train_embeddings: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"

    @classmethod
    def read(cls, kind: Kind, path: Path | None = None) -> FineTuning:
        """The settings of a TOML file; without one, what is built in for this kind of model.

        Raises:
            SettingsError: If the file is missing, no TOML, or says what cannot be said.
        """
        path = path or _FOLDER / f"fine-tune-{kind}.toml"
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is no TOML: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"{path} is wrong at {place}: {first['msg']}.") from error

    def held_out_of(self, questions: int) -> int:
        """How many of so many questions are held out."""
        return max(LEAST_HELD_OUT, min(MOST_HELD_OUT, round(self.held_out * questions)))

    def slice_of(self, questions: int) -> int:
        """How many of so many questions say when to end."""
        return max(LEAST_SLICE, min(MOST_SLICE, round(self.slice * questions)))

    def recipe(self, groups: int, group_pairs: int) -> Recipe:
        """The recipe for so many groups to learn from.

        Args:
            groups: Groups of questions.
            group_pairs: Pairs that a group has in the mean, before it is cut to size.
        """
        size = min(self.group_pairs, max(2, group_pairs))
        pairs = round(min(MOST_PAIRS, groups * size * self.passes / (1 - self.replay)))
        pairs = max(pairs, self.batch_pairs)
        phase = Phase(
            name="learn",
            pairs=pairs,
            learning_rate=self.learning_rate,
            shares={QUESTIONS: 1 - self.replay, REPLAY: self.replay},
        )
        every = max(self.batch_pairs, pairs // self.checks)
        return Recipe.model_validate(
            {
                "seed": self.seed,
                "max_tokens": self.max_tokens,
                "batch_pairs": self.batch_pairs,
                "group_pairs": self.group_pairs,
                # An average over thousands of steps would hardly have left the start after these.
                "average": 0.9,
                "keep": self.keep,
                "train_embeddings": self.train_embeddings,
                "precision": self.precision,
                "checkpoint_pairs": every,
                "check_pairs": every,
                "patience": self.patience,
                "generated": 0,
                "phases": (phase,),
            }
        )
