"""LanceDB imported without the client of its cloud service, which is read when it is first used.

That client is a package of its own with half a second of generated code, and an embedded database
never calls it: LanceDB needs only the package's ``models``. So the package stands in
``sys.modules`` before it has run, and runs at the first look at anything else in it.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

_CLIENT = "lance_namespace_urllib3_client"


class _Deferred(ModuleType):
    """A package that runs its own code when one of its names is first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def defer(name: str) -> None:
    """Put off the code of a package; one that is not installed, or has run, is left alone."""
    spec = importlib.util.find_spec(name) if name not in sys.modules else None
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        module.__class__ = _Deferred
        sys.modules[name] = module


defer(_CLIENT)
