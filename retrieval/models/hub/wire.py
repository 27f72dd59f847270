"""The line to a hub: its address, its session, and what can go wrong on it, each in one line.

The session is that of the hub's own library, so that proxies, certificates and keys are found where
people have set them for it. A key goes to the hub alone and is never kept or shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retrieval.errors import FetchError
from retrieval.settings import settings

TIMEOUT = 20.0
"""Seconds to wait for a word from the hub."""


def endpoint() -> str:
    """The hub's address, by the variable that its library reads."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def session() -> Any:
    """The HTTP session of the hub's library."""
    return _library().get_session()


def key_headers() -> dict[str, str]:
    """Headers with the person's key, if there is one."""
    return dict(_library().build_hf_headers())


def check_answer(answer: Any) -> None:
    """Raise the library's error for an answer that is a refusal."""
    _library().hf_raise_for_status(answer)


def _library() -> Any:
    """Read when somebody fetches: it takes half a second that a search never needs."""
    from huggingface_hub import utils  # noqa: PLC0415

    return utils


@contextmanager
def hub_errors(model_id: str) -> Iterator[None]:
    """What can go wrong between here and a hub, each in one line.

    Raises:
        FetchError: For each of them.
    """
    import httpx2  # noqa: PLC0415
    from huggingface_hub import errors  # noqa: PLC0415

    if settings().offline or _is_offline():
        raise FetchError(
            f"{model_id} was not fetched: networks are forbidden here (SECOND_LOOK_OFFLINE).",
            hint="Everything goes on with the models that are here.",
        )
    try:
        yield
    except errors.GatedRepoError as error:
        raise FetchError(
            f"{model_id} is only for those who have accepted its terms at the hub.",
            hint="Accept them there, and set HF_TOKEN to your key.",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise FetchError(*_unknown(model_id)) from error
    except errors.HfHubHTTPError as error:
        raise FetchError(*_refusal(model_id, error)) from error
    except httpx2.TransportError as error:
        raise FetchError(
            f"{model_id} was not fetched: the hub at {endpoint()} cannot be reached "
            f"({type(error).__name__}).",
            hint="Try again with a network; until then the models that are here serve.",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FetchError(
            f"{model_id} was not fetched: the answer from {endpoint()} is not a hub's."
        ) from error


def _refusal(model_id: str, error: Any) -> tuple[str, str]:
    answer = getattr(error, "response", None)
    code = getattr(answer, "status_code", 0)
    told = str(answer.headers.get("X-Error-Message", "")) if answer is not None else ""
    match code:
        case 401 if "Invalid credentials" not in told:
            return _unknown(model_id)
        case 401 | 403:
            return (f"The hub refused the key for {model_id}.", "Check HF_TOKEN.")
        case 404:
            return (
                f"The hub no longer has a file of {model_id}.",
                "Fetch it again from the start.",
            )
        case 429:
            return (
                f"The hub answers no more requests for now ({code}).",
                "Resume in some minutes.",
            )
    return (f"{model_id} was not fetched: the hub answered with {code}.", "Resume in a while.")


def _unknown(model_id: str) -> tuple[str, str]:
    """A hub does not say whether a model is missing or private."""
    return (
        f"The hub knows no model {model_id}, or does not show it without a key.",
        "Check the id; for a private model, set HF_TOKEN to your key.",
    )


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
