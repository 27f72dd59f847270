"""Networks in torch: read from a folder, cut to the one output that is wanted."""

from __future__ import annotations

import inspect
import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AutoModel, AutoModelForSequenceClassification
from transformers.utils.logging import disable_progress_bar

from retrieval.errors import ModelError
from retrieval.models.backends import Head
from retrieval.models.folder import ModelFolder

os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

_LOG = logging.getLogger(__name__)
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_TOLERANCE = 1e-4


class HeadNetwork(nn.Module):
    """A network with one output.

    Attributes:
        names: The inputs that ``forward`` takes, in order.

    Args:
        network: The network as published.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        types: Whether it is told which text of a pair a token belongs to, where it can be.
    """

    def __init__(self, network: Any, head: Head, *, types: bool = True) -> None:
        super().__init__()
        # MPNet and DistilBERT know no token types, and RoBERTa has a single one.
        accepted = set(inspect.signature(network.forward).parameters)
        if not types:
            accepted.discard("token_type_ids")
        self.names = tuple(name for name in _INPUTS if name in accepted)
        self._network = network
        self._head = head

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Token vectors of shape (rows, length, dimension), or logits of shape (rows,)."""
        output = self._network(**dict(zip(self.names, inputs, strict=True)))
        values: torch.Tensor = (
            output.last_hidden_state if self._head == "tokens" else output.logits[:, 0]
        )
        return values


def load_network(folder: ModelFolder, head: Head) -> HeadNetwork:
    """The published network in single precision.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """
    return HeadNetwork(_read(folder, head), head, types=folder.reads_token_types)


def load_lean_network(folder: ModelFolder, head: Head) -> HeadNetwork:
    """The same network made ready for half the bits; in single precision equal to about 1e-6.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """
    network = _read(folder, head)
    lean = HeadNetwork(network, head, types=folder.reads_token_types)
    if head == "logit":
        _keep_logit_precise(network)
        _shorten_last_layer(network, lean)
    return lean


def _keep_logit_precise(network: Any) -> None:
    """Compute the last product in single precision.

    Rounded to bf16, logits near 5 are 0.03 apart: 200 passages got 73 to 152 different scores, and
    ties where the published model has none.
    """
    ends = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == 1
    ]
    if len(ends) == 1:
        name, module = ends[0]
        network.set_submodule(name, _PreciseLinear(module))


def _shorten_last_layer(network: Any, lean: HeadNetwork) -> None:
    """Leave out what the logit does not depend on, where that is known to be safe.

    The logit is read from the last layer's first token alone. So that layer needs the keys and
    values of all tokens, but the query, the output and the feed-forward block, five sixths of its
    work, of the first token only.
    """
    if network.config.model_type != "bert":
        return
    inputs = example_inputs(lean)
    layers = network.bert.encoder.layer
    whole = layers[-1]
    with torch.inference_mode():
        expected = lean(*inputs)
        try:
            layers[-1] = _FirstTokenLayer(whole)
            same = torch.allclose(lean(*inputs), expected, atol=_TOLERANCE)
        except (AttributeError, RuntimeError, TypeError):  # another version's inner names
            same = False
    if not same:
        _LOG.info("The last layer of the reranker is computed whole.")
        layers[-1] = whole


def example_inputs(network: HeadNetwork) -> tuple[torch.Tensor, ...]:
    """Two rows of eight tokens, one of them padded: what a trace must see to keep the mask."""
    ids = torch.arange(16).reshape(2, 8) % 4
    mask = torch.ones(2, 8, dtype=torch.long)
    mask[1, 5:] = 0
    values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}
    return tuple(values[name] for name in network.names)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of transformers and of the tracer; what they would tell is tested."""
    library = logging.getLogger("transformers")
    level = library.level
    library.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.setLevel(level)


class _PreciseLinear(nn.Module):
    """A linear layer written as a sum of products, which no compiler takes for a matrix product."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._linear = linear

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Logits of shape (rows, 1), from states of shape (rows, dim)."""
        products = states.float().unsqueeze(-2) * self._linear.weight.float()
        return products.sum(dim=-1) + self._linear.bias.float()


class _FirstTokenLayer(nn.Module):
    """A BERT layer that returns its first token only: hidden states of shape (rows, 1, dim)."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self._layer = layer

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        *_: Any,
        **__: Any,
    ) -> Any:
        attention = self._layer.attention.self
        first = hidden_states[:, :1]

        def heads(states: torch.Tensor) -> torch.Tensor:
            split = (states.shape[0], states.shape[1], -1, attention.attention_head_size)
            return states.reshape(split).transpose(1, 2)

        context = scaled_dot_product_attention(
            heads(attention.query(first)),
            heads(attention.key(hidden_states)),
            heads(attention.value(hidden_states)),
            attn_mask=None if attention_mask is None else attention_mask[:, :, :1],
        )
        merged = context.transpose(1, 2).reshape(first.shape)
        return self._layer.feed_forward_chunk(self._layer.attention.output(merged, first))


def _read(folder: ModelFolder, head: Head) -> Any:
    disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = AutoModel if head == "tokens" else AutoModelForSequenceClassification
    try:
        with quiet():
            network, report = kind.from_pretrained(
                folder.path,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except Exception as error:  # a dozen libraries meet here, each with its own errors
        raise ModelError(
            f"The model in {folder.path} cannot be loaded: {_reason(error)}",
            hint="Install or fetch it again.",
        ) from error
    if head == "logit" and network.config.num_labels != 1:
        raise ModelError(
            f"The model in {folder.path} has {network.config.num_labels} labels; "
            "a reranker has one.",
            hint="Choose a cross-encoder that was trained to score relevance.",
        )
    _check_complete(folder, report["missing_keys"])
    return network.eval()


def _check_complete(folder: ModelFolder, missing: Iterable[str]) -> None:
    """Refuse a network of which a part was left to chance, which would score at random.

    The pooler of an encoder may be missing: its output is not read.
    """
    absent = sorted(name for name in missing if not name.startswith("pooler."))
    if absent:
        raise ModelError(
            f"The weights in {folder.path} lack {len(absent)} parts of the network, "
            f"{absent[0]} among them.",
            hint="Choose a model that was trained for this, or fetch it again.",
        )


def _reason(error: Exception) -> str:
    """The first line of an error; code of a model's own is named as what it is."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return "it needs code of its own, which is never run." if "trust_remote_code" in text else text
