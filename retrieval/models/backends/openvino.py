"""OpenVINO on a CPU: the same network compiled, in bf16 where the processor multiplies in it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from retrieval.models.backends import Head
from retrieval.models.backends.openvino_runtime import core
from retrieval.models.backends.resources import Resources
from retrieval.models.batching import Batching, PaddedBatch
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Floats

Precision = Literal["bf16", "f32"]

_BATCHING = Batching(tokens=512, multiple=16)
"""With one stream a core, a batch of this size stays in the core's own cache.

Attention adds up 16 columns at a time, and rounds a rest in another order. In rows of whole
sixteens a text gets the same score to the last bit, whatever it is batched with.
"""


class OpenVinoBackend:
    """Runs a converted network, as many passes at a time as there are streams.

    Args:
        folder: The checked folder.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        precision: ``bf16`` or ``f32``.
        resources: Cores to use over all streams, and where converted networks are kept.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """

    def __init__(
        self,
        folder: ModelFolder,
        head: Head,
        precision: Precision,
        resources: Resources,
    ) -> None:
        self.name = f"openvino-{precision}"
        self.batching = _BATCHING
        model = resources.networks.open(folder, head)
        self._inputs = [port.any_name for port in model.inputs]
        self._compiled = core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": resources.threads,
                "NUM_STREAMS": resources.streams,
                # Two networks would pin their first streams to the same core.
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._requests: list[Any] = []

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass; see the protocol."""
        try:
            request = self._requests.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        inputs = [getattr(batch, name) for name in self._inputs]
        values = request.infer(inputs, share_inputs=True, share_outputs=True)[0]
        copied = np.array(values, dtype=np.float32)
        self._requests.append(request)
        return copied
