"""The services that can rerank: the known ones, and those that a file names.

An id never holds an address: it stands in links, and a link must not make this machine call a
place that its owner did not name.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from retrieval.errors import RemoteError
from retrieval.models.remote.keys import find_key
from retrieval.settings import settings

PREFIX = "remote:"
FILE = "services.toml"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")

Kind = Literal["rerank", "chat"]
KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        "rerank": "Scores each passage for the question, by Cohere's rerank endpoint or its kin.",
        "chat": "A chat model puts windows of passages in order, from the last to the first.",
    }
)


@dataclass(frozen=True, slots=True)
class Service:
    """A reranker behind an address.

    Attributes:
        name: What its id ends with.
        kind: How it is asked.
        address: Where requests go.
        model: The model that it is asked for.
        key: Name of the variable or secret that holds its key; empty where it needs none.
        temperature: Of a chat model; None leaves it to the service.
        window: Passages that a chat model reads at once.
        step: How far the window moves between two calls; less than the window.
        documents_a_call: Passages sent in one request, for the kind ``rerank``.
        price_per_call: Money for one call, in a currency of one's own; 0 where it is not known.
        price_per_million_tokens: Money for a million tokens, as the service counts them.
    """

    name: str
    kind: Kind
    address: str
    model: str
    key: str = ""
    temperature: float | None = 0.0
    window: int = 20
    step: int = 10
    documents_a_call: int = 100
    price_per_call: float = 0.0
    price_per_million_tokens: float = 0.0

    @property
    def id(self) -> str:
        """What it is picked by."""
        return f"{PREFIX}{self.name}"

    @property
    def host(self) -> str:
        """Where text is sent to, as a person knows it."""
        return urlsplit(self.address).netloc

    @property
    def use(self) -> str:
        """What it does, in one line."""
        leaves = "" if is_here(self.address) else ": text leaves this machine"
        return f"{KINDS[self.kind]} Runs at {self.host} with {self.model}{leaves}."

    def as_dict(self) -> dict[str, Any]:
        """The service as a card's plain values; its key's name is told, never the key."""
        return {
            "id": self.id,
            "kind": "reranker",
            "label": self.name,
            "use": self.use,
            "languages": "",
            "dimension": None,
            "max_tokens": None,
            "bytes": 0,
            "licence": "",
            "source": self.address,
            "path": None,
            "model": self.model,
            "key": self.key,
        }

    @property
    def fingerprint(self) -> str:
        """Names all that its answers depend on; the key of cached answers, without any secret."""
        asked = [self.kind, self.address, self.model]
        if self.kind == "chat":
            asked += [str(self.temperature), str(self.window), str(self.step)]
        return "remote:" + hashlib.sha256("\x00".join(asked).encode()).hexdigest()[:16]

    @property
    def is_ready(self) -> bool:
        """Whether it may be called: a network is allowed, and its key is there."""
        return not settings().offline and (not self.key or find_key(self.key) is not None)

    def calls(self, passages: int) -> int:
        """How many calls so many passages take, if none has to be made twice."""
        if self.kind == "rerank":
            return -(-passages // self.documents_a_call)
        return 0 if passages < 2 else 1 + -(-max(passages - self.window, 0) // self.step)  # noqa: PLR2004


KNOWN: tuple[Service, ...] = (
    Service(
        "cohere", "rerank", "https://api.cohere.com/v2/rerank", "rerank-v3.5", "COHERE_API_KEY"
    ),
    Service(
        "jina",
        "rerank",
        "https://api.jina.ai/v1/rerank",
        "jina-reranker-v2-base-multilingual",
        "JINA_API_KEY",
    ),
    Service(
        "voyage", "rerank", "https://api.voyageai.com/v1/rerank", "rerank-2.5", "VOYAGE_API_KEY"
    ),
    Service(
        "openai",
        "chat",
        "https://api.openai.com/v1/chat/completions",
        "gpt-4o-mini",
        "OPENAI_API_KEY",
    ),
)
"""Offered as soon as their key is found; a file may say otherwise under the same name."""


class _Entry(BaseModel):
    """One table of the file, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    address: str
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key: str = ""
    temperature: Annotated[float, Field(ge=0, le=2)] | Literal["default"] = 0.0
    window: Annotated[int, Field(ge=2, le=100)] = 20
    step: Annotated[int, Field(ge=1, le=99)] = 10
    documents_a_call: Annotated[int, Field(ge=1, le=1000)] = 100
    price_per_call: Annotated[float, Field(ge=0)] = 0.0
    price_per_million_tokens: Annotated[float, Field(ge=0)] = 0.0

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with https:// or http://")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, query or fragment")
        return value

    @field_validator("key")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value and not _VARIABLE.fullmatch(value):
            raise ValueError("must be the NAME of a variable or secret, never the key itself")
        return value


def services() -> tuple[Service, ...]:
    """The known services, then those of the file; one of the file replaces its namesake.

    Raises:
        RemoteError: If the file cannot be read, or says what cannot be.
    """
    found = {service.name: service for service in KNOWN}
    return tuple((found | _written()).values())


def ready_services() -> tuple[Service, ...]:
    """Those that may be called now."""
    return tuple(service for service in services() if service.is_ready)


def is_remote(model_id: str) -> bool:
    """Whether this is the id of a service and not of a model."""
    return model_id.startswith(PREFIX)


def check_here(model_id: str) -> None:
    """Raise ``RemoteError`` if a model runs elsewhere, for work that must look inside of it."""
    if is_remote(model_id):
        raise RemoteError(
            f"{model_id} runs elsewhere, and this looks inside of the model.",
            hint="Choose a reranker on this machine.",
        )


def find_service(model_id: str) -> Service:
    """The service of an id: ``remote:NAME``, or ``remote:NAME/MODEL`` for another of its models.

    Raises:
        RemoteError: If there is none of this name.
    """
    name, _, model = model_id.removeprefix(PREFIX).partition("/")
    every = {service.name: service for service in services()}
    if name not in every:
        raise RemoteError(
            f"There is no reranking service called {name!r}.",
            hint=f"Name it in {services_file()}; known are {', '.join(every)}.",
        )
    return replace(every[name], model=model) if model else every[name]


def services_file() -> Path:
    """The file that names services of one's own."""
    return settings().services or settings().home / FILE


def _written() -> dict[str, Service]:
    path = services_file()
    if not path.is_file():
        if settings().services is not None:
            raise RemoteError(
                f"The file of services {path} is not there.",
                hint="Correct SECOND_LOOK_SERVICES, or write the file.",
            )
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(path, f"cannot be read as TOML ({type(error).__name__})") from error
    return {name: _service(path, name, table) for name, table in tables.items()}


def _service(path: Path, name: str, table: Any) -> Service:
    if not _NAME.fullmatch(name):
        raise _refused(path, f"names a service {name!r}; use letters, digits and . _ -")
    try:
        entry = _Entry.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join([name, *(str(part) for part in first["loc"][:1])])
        # The value itself is not repeated: it may be a key that was put into the wrong place.
        message = first["msg"].removeprefix("Value error, ")
        raise _refused(path, f"says of {where}: {message}") from None
    if entry.step >= entry.window:
        raise _refused(path, f"says of {name}: step must be smaller than window")
    if entry.key and urlsplit(entry.address).scheme == "http" and not is_here(entry.address):
        raise _refused(path, f"says of {name}: a key is sent to https:// only")
    values = entry.model_dump()
    if values["temperature"] == "default":
        values["temperature"] = None
    return Service(name, **values)


def is_here(address: str) -> bool:
    """Whether an address is one of this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(path: Path, reason: str) -> RemoteError:
    return RemoteError(f"The file of services {path} {reason}.", hint="Correct it; see the README.")
