"""OpenVINO on a CPU: the same network compiled, in bf16 where the processor multiplies in it.

What bounds it: many passages are bound by the products themselves, so streams, batches that stay in
a core's cache and little padding are what helps. One question is bound by memory: each pass reads
all weights (21 MB in bf16 for six layers of 384) for 16 rows, and three quarters of its time are
the products that wait for them. What can be saved there is everything else (see ``short_rows``),
and a part of the wait, by a second core.
"""

from __future__ import annotations

from typing import Any, Literal

from retrieval.models.backends import Head
from retrieval.models.backends.openvino_runtime import bf16_obstacle
from retrieval.models.backends.resources import Resources
from retrieval.models.backends.short_rows import Compiled, ShortRows
from retrieval.models.batching import Batching, PaddedBatch
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Floats

Precision = Literal["bf16", "f32", "int8"]

_BATCHING = Batching(tokens=512, multiple=16)
"""With one stream a core, a batch of this size stays in the core's own cache.

Attention adds up 16 columns at a time, and rounds a rest in another order. In rows of whole
sixteens a text gets the same score to the last bit, whatever it is batched with.
"""

_QUESTION_THREADS = 2
"""A second core reads half of the weights, and the vector stays the same to the last bit.

Alone, a question takes two thirds of the time that it takes on one core, and beside an ingestion a
twentieth more. More cores would be taken from whoever else is computing.
"""


class OpenVinoBackend:
    """Runs a converted network, as many passes at a time as there are streams.

    Args:
        model: The converted network.
        name: Names backend and precision, and the calibration where there was one.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        precision: ``bf16`` or ``f32``; or ``int8``, for a network that was calibrated.
        resources: Cores to use over all streams.
    """

    def __init__(
        self, model: Any, name: str, head: Head, precision: Precision, resources: Resources
    ) -> None:
        self.name = name
        self.batching = _BATCHING
        settings = {
            "INFERENCE_PRECISION_HINT": _rest_of(precision),
            "INFERENCE_NUM_THREADS": resources.threads,
            # Two networks would pin their first streams to the same core.
            "ENABLE_CPU_PINNING": False,
        }
        self._inputs = [port.any_name for port in model.inputs]
        self._network = Compiled(model, {**settings, "NUM_STREAMS": resources.streams})
        threads = min(_QUESTION_THREADS, resources.threads)
        one_row = {**settings, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
        self._short_rows = ShortRows(model, one_row) if head == "tokens" else None

    @classmethod
    def load(
        cls, folder: ModelFolder, head: Head, precision: Precision, resources: Resources
    ) -> OpenVinoBackend:
        """The network of a model folder, converted if need be.

        Raises:
            ModelError: If the weights are damaged, or the model has another head.
            UnfitError: If int8 is asked for, and there is no calibrated network that may serve.
        """
        name = f"openvino-{precision}"
        if precision == "int8":
            model, fingerprint = resources.networks.open_int8(folder, head)
            # Another calibration makes other scores, which must not be taken for these.
            name = f"{name}-{fingerprint[:8]}"
        else:
            model = resources.networks.open(folder, head)
        return cls(model, name, head, precision, resources)

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass; see the protocol."""
        short = self._short_rows and self._short_rows.find(*batch.input_ids.shape)
        return (short or self._network).run([getattr(batch, name) for name in self._inputs])


def _rest_of(precision: Precision) -> str:
    """In what the layers are computed that no calibration has rounded."""
    if precision != "int8":
        return precision
    return "f32" if bf16_obstacle() else "bf16"
