"""One question, answered sooner: the same network compiled once more for a single short row.

A network for any number of rows of any length settles its shapes anew for every pass, which for a
question takes longer than half of the products do. One with fixed shapes does not, and gives the
same vectors to the last bit, so that it does not matter which of the two reads a question.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from retrieval.models.backends.openvino_runtime import core
from retrieval.models.protocols import Floats

_LOG = logging.getLogger(__name__)

WIDTHS = (16, 32)
"""Tokens of most questions, in whole sixteens; a longer one takes longer to compute anyway."""

_WORTH_COMPILING = 2
"""Questions of one width before it gets a network: a single command never waits for one."""


class Compiled:
    """A compiled network with its requests, for any number of threads.

    Args:
        model: The network.
        settings: How the CPU plugin is to compile it.
    """

    def __init__(self, model: Any, settings: dict[str, Any]) -> None:
        self._compiled = core().compile_model(model, "CPU", settings)
        self._requests: list[Any] = []

    def run(self, inputs: Sequence[Any]) -> Floats:
        """One pass; the result is the caller's own."""
        try:
            request = self._requests.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        values = request.infer(inputs, share_inputs=True, share_outputs=True)[0]
        copied = np.array(values, dtype=np.float32)
        self._requests.append(request)
        return copied


class ShortRows:
    """Networks for single rows of a few widths, made in the background when they are worth it.

    Args:
        model: The network for all shapes.
        settings: How the CPU plugin is to compile it.
    """

    def __init__(self, model: Any, settings: dict[str, Any]) -> None:
        self._model = model
        self._settings = settings
        self._lock = threading.Lock()
        self._asked: Counter[int] = Counter()
        self._ready: dict[int, Compiled] = {}

    def find(self, rows: int, width: int) -> Compiled | None:
        """The network of this shape; None if there is none, or none yet."""
        if rows != 1 or width not in WIDTHS:
            return None
        found = self._ready.get(width)
        if found is None:
            self._count(width)
        return found

    def _count(self, width: int) -> None:
        with self._lock:
            self._asked[width] += 1
            is_worth_it = self._asked[width] == _WORTH_COMPILING
        if is_worth_it:
            # No daemon: a process that ends amid compiling would end in a crash.
            threading.Thread(target=self._compile, args=(width,), name="short-rows").start()

    def _compile(self, width: int) -> None:
        try:
            model = self._model.clone()
            model.reshape({port.any_name: [1, width] for port in model.inputs})
            self._ready[width] = Compiled(model, self._settings)
        except Exception as error:  # noqa: BLE001  # the network for all shapes goes on serving
            _LOG.info("Questions of %d tokens get no network of their own: %s", width, error)
