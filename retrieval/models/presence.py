"""What loading a model would find: told without loading it, to know when to try once more."""

from __future__ import annotations

from collections.abc import Hashable

from retrieval.errors import SecondLookError
from retrieval.models.cards import find_card
from retrieval.models.folder import Kind
from retrieval.models.remote.services import find_service, is_remote


def presence(model_id: str, kind: Kind) -> Hashable:
    """The service of this id, or the model's folder with its files; or why there is none.

    As long as it stays equal, a model that could not be loaded cannot be loaded now. No file is
    read, so that it can be asked at every turn.
    """
    try:
        if is_remote(model_id):
            return find_service(model_id)
        folder = find_card(model_id, kind).path
        # Modules after the network, such as a projection, lie one folder below.
        files = [*folder.glob("*"), *folder.glob("*/*.safetensors")]
        found = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    except (SecondLookError, OSError) as error:
        return str(error)
    return (str(folder), tuple(sorted(found)))
