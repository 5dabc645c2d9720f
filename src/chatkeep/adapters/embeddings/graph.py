"""Builds the ONNX graph of all-MiniLM-L6-v2's six layers from its weights, once.

`python -m chatkeep.adapters.embeddings.graph WEIGHTS GRAPH` is run in a process of its own: building needs
100 MB that a server should not keep. The graph takes the summed embeddings, shape (batch, tokens, 384), and
the mask, and gives the last hidden states. Word embeddings stay outside; see `safetensors`.

Weights stay float32. Keeping them as int16, widened as each layer runs, saved 20 MB while the model is loaded
and took a query from 7 to 28 ms and an ingestion to a third of its speed; dynamic int8 moved vectors by
0.01 in cosine.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkeep.adapters.embeddings.safetensors import SafeTensors

GRAPH_VERSION = 1
"""Part of the cached graph's name: raise it when `build` makes another graph."""

LAYERS = 6
HEADS = 12
WIDTH = 384
_EPSILON = 1e-12
_FUSED = "com.microsoft"  # onnxruntime's own operators: attention, skip-and-normalise, bias-and-GELU


def build(weights: Path, graph: Path) -> None:
    """Write the graph to `graph`, all at once or not at all."""
    import onnx

    tensors = SafeTensors(weights)
    model = _Builder(tensors).model()
    tensors.close()
    graph.parent.mkdir(parents=True, exist_ok=True)
    unfinished = graph.with_name(f".{graph.name}.{os.getpid()}")
    try:
        onnx.save(model, str(unfinished))
        unfinished.replace(graph)
    finally:
        unfinished.unlink(missing_ok=True)


class _Builder:
    """Collects nodes and constants in the order in which they run."""

    def __init__(self, tensors: SafeTensors) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self._onnx, self._arrays, self._types = helper, numpy_helper, TensorProto
        self._tensors = tensors
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> Any:
        hidden = self._node(
            "LayerNormalization", ["embeddings", *self._norm("embeddings.LayerNorm")], domain="", axis=-1
        )
        for layer in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        float32, int32 = self._types.FLOAT, self._types.INT32
        shape: list[str | int | None] = ["batch", "tokens", WIDTH]
        graph = self._onnx.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [
                self._onnx.make_tensor_value_info("embeddings", float32, shape),
                self._onnx.make_tensor_value_info("mask", int32, ["batch", "tokens"]),
            ],
            [self._onnx.make_tensor_value_info(hidden, float32, shape)],
            self._constants,
        )
        opsets = [self._onnx.make_opsetid("", 18), self._onnx.make_opsetid(_FUSED, 1)]
        return self._onnx.make_model(graph, opset_imports=opsets, ir_version=9)

    def _layer(self, hidden: str, prefix: str) -> str:
        heads = [f"{prefix}attention.self.{part}." for part in ("query", "key", "value")]
        weight = np.concatenate([self._tensors.tensor(f"{head}weight").T for head in heads], axis=1)
        bias = np.concatenate([self._tensors.tensor(f"{head}bias") for head in heads])
        attended = self._node(
            "Attention",
            [
                hidden,
                self._constant(f"{prefix}qkv", weight),
                self._constant(f"{prefix}qkv.bias", bias),
                "mask",
            ],
            num_heads=HEADS,
        )
        hidden = self._projected(attended, hidden, f"{prefix}attention.output.")
        inner = self._multiplied(hidden, f"{prefix}intermediate.dense.weight")
        inner = self._node("BiasGelu", [inner, self._stored(f"{prefix}intermediate.dense.bias")])
        return self._projected(inner, hidden, f"{prefix}output.")

    def _projected(self, inner: str, skipped: str, prefix: str) -> str:
        product = self._multiplied(inner, f"{prefix}dense.weight")
        inputs = [product, skipped, *self._norm(f"{prefix}LayerNorm"), self._stored(f"{prefix}dense.bias")]
        return self._node("SkipLayerNormalization", inputs)

    def _multiplied(self, hidden: str, weight: str) -> str:
        transposed = self._constant(weight, self._tensors.tensor(weight).T)
        return self._node("MatMul", [hidden, transposed], domain="")

    def _norm(self, name: str) -> tuple[str, str]:
        return self._stored(f"{name}.weight"), self._stored(f"{name}.bias")

    def _stored(self, name: str) -> str:
        return self._constant(name, self._tensors.tensor(name))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants.append(self._arrays.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], domain: str = _FUSED, **attributes: Any) -> str:
        if kind.endswith("LayerNormalization"):
            attributes["epsilon"] = _EPSILON
        output = f"{kind}.{len(self._nodes)}"
        self._nodes.append(self._onnx.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
