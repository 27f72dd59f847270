"""torch: the reference in single precision, and the fallbacks in half the bits."""

from __future__ import annotations

import shutil
from typing import Literal

import numpy as np

from retrieval.models.backends import Head
from retrieval.models.batching import Batching, PaddedBatch
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Floats

Precision = Literal["fp32", "bf16", "fp16"]

_CPU_BATCHING = Batching(tokens=1024)
_GPU_BATCHING = Batching(tokens=16_384)
"""A GPU is idle with less; with more, memory grows and speed does not."""


class TorchBackend:
    """Runs a model folder in torch, one forward pass at a time.

    Args:
        folder: The checked folder.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        precision: ``fp32`` computes the network exactly as published and is the reference for all
            others; ``bf16`` is for a CPU, ``fp16`` for a GPU.
        threads: Cores to use; None leaves it to torch.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """

    def __init__(
        self,
        folder: ModelFolder,
        head: Head,
        precision: Precision = "fp32",
        threads: int | None = None,
    ) -> None:
        import torch  # noqa: PLC0415  # a second of import that a cached answer never needs

        from retrieval.models.backends.networks import (  # noqa: PLC0415
            load_lean_network,
            load_network,
        )

        self.name = "cuda-fp16" if precision == "fp16" else f"torch-{precision}"
        self.batching = _GPU_BATCHING if precision == "fp16" else _CPU_BATCHING
        if threads is not None and precision != "fp16":
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if precision == "fp16" else "cpu")
        kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        load = load_network if precision == "fp32" else load_lean_network
        self._network = load(folder, head).to(device=self._device, dtype=kind)

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass; see the protocol."""
        import torch  # noqa: PLC0415

        inputs = [
            torch.from_numpy(getattr(batch, name)).to(self._device) for name in self._network.names
        ]
        with torch.inference_mode():
            values = self._network(*inputs)
        return np.ascontiguousarray(values.float().cpu().numpy(), dtype=np.float32)


def bf16_obstacle() -> str:
    """Why bf16 in torch is of no use on this machine; empty where it is.

    On x86 torch also calls it supported where there is only AVX-512. There it multiplies by way of
    fp32, at a quarter of its speed.
    """
    import torch  # noqa: PLC0415

    is_fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001  # no public way to ask
    processor = torch.cpu.get_capabilities()
    if processor["architecture"] == "x86_64":
        is_fast = processor["avx512_bf16"]
    return "" if is_fast else "this processor has no bf16 instructions"


def cuda_obstacle() -> str:
    """Why CUDA cannot be used; empty where it can."""
    # Importing torch costs a second, and on most machines only to learn that there is no GPU.
    if shutil.which("nvidia-smi") is None:
        return "there is no NVIDIA GPU"
    import torch  # noqa: PLC0415

    return "" if torch.cuda.is_available() else "torch was installed without CUDA, or sees no GPU"
