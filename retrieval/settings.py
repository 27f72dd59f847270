"""What can be turned: the settings of a process and the settings of one search.

A process is set by ``SECOND_LOOK_*`` variables; a search by the sliders of the page or the options
of the command line, which are both drawn from the one table of parameters below.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from retrieval.errors import SettingsError
from retrieval.home import Home

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
"""Sample collections and the built-in reranker, shipped with the code."""


class Settings(BaseSettings):
    """Settings of one process, read once from the environment; every limit can be raised."""

    model_config = SettingsConfigDict(env_prefix="SECOND_LOOK_", env_ignore_empty=True, frozen=True)

    address: str = Field(
        default=".second-look",
        validation_alias="SECOND_LOOK_HOME",
        description="Folder that holds all state; or s3://bucket/prefix for the collections.",
    )
    local: Path = Field(
        default=Path(".second-look"),
        description="Folder for caches, models and jobs where the home is an object store.",
    )
    s3_endpoint: str | None = Field(
        default=None, description="Address of the object store, where it is not Amazon's."
    )
    offline: bool = Field(default=False, description="Forbid any use of a network.")
    services: Path | None = Field(
        default=None, description="File that names reranking services; services.toml in the home."
    )
    max_calls: int = Field(
        default=500, ge=0, description="Most calls to services a day, all services together."
    )
    call_seconds: int = Field(
        default=60, ge=1, description="Longest time for one call to a service, in seconds."
    )
    backend: str = Field(default="auto", description="What computes: auto, or a backend's id.")
    threads: int | None = Field(
        default=None, ge=1, description="Cores the models may use; all where it is not set."
    )
    roles: str = Field(
        default="",
        description="Who may do what after signing in: ann@example.org=admin, @example.org=editor.",
    )
    max_file_mb: int = Field(default=200, ge=1, description="Largest file accepted, in MiB.")
    max_expanded_mb: int = Field(
        default=1024, ge=1, description="Largest total size of an unpacked ZIP, in MiB."
    )
    max_files: int = Field(default=20_000, ge=1, description="Most files in one ZIP or folder.")
    max_pages: int = Field(default=5_000, ge=1, description="Most pages read from one PDF.")
    max_seconds_per_file: int = Field(
        default=300, ge=1, description="Longest time spent on reading one file, in seconds."
    )
    max_parse_mb: int = Field(
        default=4096, ge=256, description="Memory for reading one PDF, Office file or page, in MiB."
    )
    server_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Folders of the server that may be ingested, with : between them.",
    )
    max_rows: int = Field(
        default=2_000_000, ge=1, description="Most rows read from one CSV or JSONL file."
    )
    max_query_words: int = Field(default=1_000, ge=1, description="Longest question, in words.")
    cache_pairs: int = Field(
        default=2_000_000, ge=0, description="Pair scores kept on disk before the oldest go."
    )
    token_cache_mb: int = Field(
        default=512, ge=0, description="Memory for passages' token vectors, in MiB."
    )
    # BM25 in memory takes 9 ms a question at 10,000 chunks and 185 ms at 100,000, and its words are
    # counted anew in each process; see benchmarks/test_index.py under tests.
    full_text_chunks: int = Field(
        default=20_000, ge=1, description="Chunks from which a full-text index serves BM25."
    )
    # Comparing every vector is exact, and takes 8 ms at 100,000 chunks as one product in memory.
    # The index takes 31 ms at a million, where the vectors alone would be 1.5 GB of memory.
    vector_index_chunks: int = Field(
        default=100_000, ge=1, description="Chunks from which a vector index serves the bi-encoder."
    )

    @property
    def places(self) -> Home:
        """Where the collections are and where all else is."""
        return Home.at(self.address, self.local)

    @property
    def home(self) -> Path:
        """The folder of all that is local: the home itself, unless that is an object store."""
        return self.places.local

    @field_validator("server_folders", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """A list of folders as the system writes one, like ``PATH``."""
        return tuple(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: If a variable has a value that is not allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "SECOND_LOOK_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(
            f"{name}: {first['msg']}", hint="Correct the environment variable and start again."
        ) from error


def home_of(place: Home | str | Path) -> Home:
    """The home that is meant by a folder or an address.

    The local folder of this process's home stands for the home as a whole, so that whoever
    knows only that folder finds the collections too.
    """
    if isinstance(place, Home):
        return place
    current = settings()
    return current.places if place == current.home else Home.at(place, current.local)


DEPTH = 200
"""How deep both first-stage lists are read, whatever N is, so that candidate pools nest."""

StageName = Literal["bm25", "dense", "hybrid", "late", "rerank", "dense_2", "rerank_2"]
STAGE_ORDER: tuple[StageName, ...] = ("bm25", "dense", "hybrid", "late", "rerank")
"""The stages of every search; the others join them where two models are compared."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number a person may choose: its bounds, and the words that go with it everywhere."""

    name: str
    label: str
    help: str
    default: float
    minimum: float
    maximum: float
    step: float = 1

    def check(self, value: float) -> None:
        """Raise ``SettingsError`` unless ``value`` lies within the bounds."""
        if not self.minimum <= value <= self.maximum:
            raise SettingsError(
                f"{self.name} is {value}, and must be between {self.minimum} and {self.maximum}.",
                hint=self.help,
            )


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for parameter in (
            Parameter(
                "candidates",
                "Candidates N",
                "How many passages of the hybrid list the late and rerank stages read. "
                "More find more answers and cost more forward passes.",
                100,
                5,
                DEPTH,
            ),
            Parameter("top", "Results shown", "How many hits each list shows.", 10, 1, DEPTH),
            Parameter(
                "rrf_k",
                "RRF k",
                "The constant in 1 / (k + rank), 60 by default (Cormack et al. 2009). "
                "A small k rewards the very first ranks.",
                60,
                1,
                500,
            ),
            Parameter(
                "alpha",
                "Weight of dense (alpha)",
                "alpha x dense + (1 - alpha) x bm25, each scaled to 0..1 over its own list.",
                0.5,
                0.0,
                1.0,
                0.01,
            ),
            Parameter(
                "blend",
                "Share of late (blend)",
                "(1 - blend) x the reranker's logit + blend x late's MaxSim on the logit's scale. "
                "At 0 the logit alone decides; far from what the reranker was trained on, 0.6 is "
                "safer.",
                0.0,
                0.0,
                1.0,
                0.05,
            ),
        )
    }
)

CHUNKING: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for parameter in (
            Parameter(
                "chunk_tokens",
                "Chunk size",
                "Most tokens of a passage, counted by the encoder's own tokenizer. "
                "Short passages answer precisely, long ones keep their context.",
                200,
                16,
                8192,
            ),
            Parameter(
                "overlap",
                "Overlap",
                "Tokens that a passage repeats of the one before it, at most half its size.",
                0,
                0,
                4096,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut: most tokens of a chunk, and how many two neighbours share.

    Raises:
        SettingsError: If a value is out of bounds.
    """

    tokens: int = int(CHUNKING["chunk_tokens"].default)
    overlap: int = int(CHUNKING["overlap"].default)

    def __post_init__(self) -> None:
        CHUNKING["chunk_tokens"].check(self.tokens)
        CHUNKING["overlap"].check(self.overlap)
        if self.overlap > self.tokens // 2:
            raise SettingsError(
                f"overlap is {self.overlap}, more than half of the chunk's {self.tokens} tokens.",
                hint=CHUNKING["overlap"].help,
            )

    def check_readable(self, encoder: str, limit: int) -> None:
        """Raise ``SettingsError`` if ``encoder``, which reads ``limit`` tokens, reads less."""
        if self.tokens > limit:
            raise SettingsError(
                f"chunk_tokens is {self.tokens}, and {encoder} reads at most {limit} tokens.",
                hint=f"Choose {limit} tokens or fewer, or an encoder that reads more.",
            )


Fusion = Literal["rrf", "weighted"]
FUSIONS: Mapping[Fusion, str] = MappingProxyType(
    {
        "rrf": "Reciprocal rank fusion: the sum of 1 / (k + rank). Looks at ranks alone.",
        "weighted": "Weighted sum of the two scores, each scaled to 0..1 over its own list.",
    }
)

LateScope = Literal["pool", "collection"]
Filter = tuple[tuple[str, str], ...]
"""Pairs of field and value; values of one field are alternatives, fields must all hold."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Everything a person can turn for one search.

    ``exact`` compares the question with every vector, even where the collection is so large that it
    has a vector index; a smaller one is searched exactly either way. ``late_scope`` says what the
    late stage ranks: the candidates, or, where token vectors are stored, the whole collection.
    For comparison, ``reranker_2`` reads the same candidates as ``reranker``, and ``collection_2``
    is the same documents indexed with another encoder; empty for none.

    Raises:
        SettingsError: If a value is out of bounds or a name is unknown.
    """

    candidates: int = int(PARAMETERS["candidates"].default)
    top: int = int(PARAMETERS["top"].default)
    fusion: Fusion = "rrf"
    rrf_k: int = int(PARAMETERS["rrf_k"].default)
    alpha: float = PARAMETERS["alpha"].default
    blend: float = PARAMETERS["blend"].default
    stages: tuple[StageName, ...] = STAGE_ORDER
    filter: Filter = ()
    reranker: str = "second-look-reranker"
    reranker_2: str = ""
    collection_2: str = ""
    late: str = ""
    exact: bool = False
    late_scope: LateScope = "pool"

    def __post_init__(self) -> None:
        for name, parameter in PARAMETERS.items():
            parameter.check(getattr(self, name))
        if self.fusion not in FUSIONS:
            raise SettingsError(
                f"The fusion {self.fusion!r} is unknown.", hint=f"Choose from {', '.join(FUSIONS)}."
            )
        if self.late_scope not in get_args(LateScope):
            raise SettingsError(
                f"The late stage cannot rank the {self.late_scope!r}.",
                hint=f"Choose from {', '.join(get_args(LateScope))}.",
            )
        unknown = [name for name in self.stages if name not in STAGE_ORDER]
        if unknown or not self.stages:
            raise SettingsError(
                f"No such stage: {', '.join(unknown)}." if unknown else "No stage was chosen.",
                hint=f"Choose from {', '.join(STAGE_ORDER)}.",
            )

    @property
    def shown(self) -> tuple[StageName, ...]:
        """The stages that were asked for, each with what it is compared with behind it."""
        second: dict[StageName, tuple[StageName, ...]] = {
            "dense": ("dense_2",) if self.collection_2 else (),
            "rerank": ("rerank_2",) if self.reranker_2 else (),
        }
        return tuple(one for stage in self.stages for one in (stage, *second.get(stage, ())))

    @property
    def rerankers(self) -> tuple[str, ...]:
        """Ids of the rerankers that read the candidates."""
        return tuple(filter(None, map(self.reader, self.shown)))

    def reader(self, stage: StageName) -> str:
        """Id of the reranker that makes a stage; empty for the other stages."""
        return {"rerank": self.reranker, "rerank_2": self.reranker_2}.get(stage, "")

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain values for JSON."""
        return asdict(self)
