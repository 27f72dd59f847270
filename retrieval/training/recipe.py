"""A recipe: everything that a training needs to be done again, read from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retrieval.errors import SettingsError

DEFAULT_RECIPE = Path(__file__).parent / "recipes" / "reranker.toml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Weights(_Part):
    """What each part of the loss counts.

    Attributes:
        listwise: Softmax over the group.
        pointwise: Binary cross-entropy.
        margin: Hinge between right and wrong.
        teacher: Divergence from the teacher's order.
        matched: Squared difference from the teacher's gaps, in groups that only it grades.
        temperature: What the teacher's grades are divided by.
    """

    listwise: float = Field(1.0, ge=0)
    pointwise: float = Field(0.3, ge=0)
    margin: float = Field(0.0, ge=0)
    teacher: float = Field(0.5, ge=0)
    matched: float = Field(0.0, ge=0)
    temperature: float = Field(0.05, gt=0)


class Phase(_Part):
    """One part of a training.

    Attributes:
        name: What it is called.
        pairs: How many (question, passage) pairs it reads.
        learning_rate: The highest rate, after warming up.
        group_pairs: Most pairs of one group, where it is not what the recipe says.
        twin_pairs: The same for groups of minimal pairs that were written for training: with 2, a
            right passage meets its opposite and nothing else.
        shares: For each source, its share of the groups.
    """

    name: str
    pairs: int = Field(gt=0)
    learning_rate: float = Field(1.2e-4, gt=0)
    group_pairs: int | None = Field(default=None, ge=2)
    twin_pairs: int | None = Field(default=None, ge=2)
    shares: dict[str, float]


class Recipe(_Part):
    """How a reranker is trained.

    Attributes:
        seed: Fixes every choice.
        max_tokens: Most tokens of a pair; longer ones are cut.
        batch_pairs: Pairs in one step.
        batch_tokens: Tokens in one forward pass, padding included, and of the groups whose
            gradients are taken at once, without it: this bounds the memory.
        group_pairs: Most pairs of one group.
        others: Most passages of other groups that are added to one as wrong, where there is room.
        warm_up: Share of a phase in which the rate rises; it falls to zero over the rest.
        weight_decay: As in AdamW (Loshchilov and Hutter 2019).
        average: Decay of the weights' exponential average, which is what is kept; 0 keeps the last.
        keep: Share of the starting weights in what is written: a mean of both keeps more of what
            the start knew than fine-tuning alone (Wortsman et al. 2022, WiSE-FT).
        dropout: Share of activations dropped.
        train_embeddings: Whether the word vectors change; if not, they need not be shipped.
        precision: Of the matrix products; the weights that the optimiser changes are float32.
        checkpoint_pairs: A checkpoint is written each time that so many pairs have been read.
        check_pairs: Where some groups are kept from training, their loss is measured as often.
        patience: The training ends once so many measurements in a row brought no lower loss.
        generated: How many pairs the grammar writes.
        filled: How many pairs are filled into templates.
        edit_questions: Sources whose questions are also asked of their passages with another name.
        edit_claims: Sources whose claims and evidence are also negated.
        mine: Sources whose groups get hard negatives.
        mined_each: How many of them come from BM25, and how many from the encoder.
        few_negatives: Sources whose wrong passages nobody checked: one of each group is used.
        untaught: Sources in which the teacher has no say.
        most_groups: Most groups of one labelled source, drawn by the seed.
        teacher_late: Share of late interaction in the teacher's grades; the rest is the cosine.
        topics: For each source of passages or texts, how many groups of its passages only the
            teacher grades; they are called ``topics-NAME``.
        asked: For each source, how many of its questions get a pool of passages, near and far, of
            all that are named here and of all texts; it is graded like the topics. They are called
            ``topics-asked``.
        topics_by: Who grades those: the encoder, or the reranker that the training starts from, so
            that what it knew is held while it learns (Li and Hoiem 2016, section 3).
        start_late: Share of late interaction in what the start grades, as a blend of that share
            gives it: the learner then has in its logit what the blend has beside it.
        hard_margin: Written minimal pairs that the reranker that the training starts from tells
            apart by a smaller difference of logits become sources of their own, ``hard-NAME``.
        weights: Of the loss.
        phases: One after another.
    """

    seed: int = 20
    max_tokens: int = Field(160, ge=16, le=512)
    batch_pairs: int = Field(64, ge=2)
    batch_tokens: int = Field(4096, ge=64)
    group_pairs: int = Field(8, ge=2)
    others: int = Field(2, ge=0)
    warm_up: float = Field(0.08, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    average: float = Field(0.999, ge=0, lt=1)
    keep: float = Field(0.0, ge=0, lt=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    train_embeddings: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    checkpoint_pairs: int = Field(20_000, gt=0)
    check_pairs: int = Field(2_000, gt=0)
    patience: int = Field(3, ge=1)
    generated: int = Field(40_000, ge=0)
    filled: int = Field(0, ge=0)
    edit_questions: tuple[str, ...] = ()
    edit_claims: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    mined_each: int = Field(2, ge=0)
    few_negatives: tuple[str, ...] = ()
    untaught: tuple[str, ...] = ()
    most_groups: int = Field(300_000, gt=0)
    teacher_late: float = Field(0.0, ge=0, le=1)
    topics: dict[str, int] = Field(default_factory=dict)
    asked: dict[str, int] = Field(default_factory=dict)
    topics_by: Literal["encoder", "start"] = "encoder"
    start_late: float = Field(0.0, ge=0, le=1)
    hard_margin: float | None = None
    weights: Weights = Field(default_factory=lambda: Weights.model_validate({}))
    phases: tuple[Phase, ...]

    @property
    def pairs(self) -> int:
        """Pairs read over all phases."""
        return sum(phase.pairs for phase in self.phases)

    @property
    def has_late(self) -> bool:
        """Whether late interaction has a share in any grade."""
        return bool(self.teacher_late or self.start_late)

    @classmethod
    def read(cls, path: Path = DEFAULT_RECIPE) -> Recipe:
        """A recipe from a TOML file.

        Raises:
            SettingsError: If the file is missing, no TOML, or says what no recipe can say.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(f"The recipe {path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"The recipe {path} is no TOML: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise SettingsError(
                f"The recipe {path} is wrong at {place}: {first['msg']}."
            ) from error
