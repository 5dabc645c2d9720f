"""chatkeep's embedding model as a folder that FastEmbed loads: the same weights, layers and tokeniser.

What hubs offer takes token ids; chatkeep's graph takes the sum of three embeddings, which are looked up
outside it. Here they are put before it.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from chatkeep.adapters.embeddings.graph import build
from chatkeep.adapters.embeddings.minilm import ModelFiles
from chatkeep.adapters.embeddings.safetensors import SafeTensors

NAME = "sentence-transformers/all-MiniLM-L6-v2"
_TOKENS = 256
_SPECIAL = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}


def write(files: ModelFiles, folder: Path) -> None:
    """Write the model to `folder`, which must not exist."""
    folder.mkdir(parents=True)
    layers = folder / "layers.onnx"
    build(files.weights, layers)
    model = onnx.load(str(layers))
    layers.unlink()
    _take_ids(model.graph, SafeTensors(files.weights))
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copy(files.tokenizer, folder / "tokenizer.json")
    settings = {
        "tokenizer_config.json": {"model_max_length": _TOKENS, "pad_token": "[PAD]"},
        "special_tokens_map.json": _SPECIAL,
        "config.json": {"pad_token_id": 0},
    }
    for name, content in settings.items():
        (folder / name).write_text(json.dumps(content))


def _take_ids(graph: onnx.GraphProto, tensors: SafeTensors) -> None:
    stored = {name: tensors.tensor(f"embeddings.{name}_embeddings.weight") for name in ("word", "position")}
    kinds = tensors.tensor("embeddings.token_type_embeddings.weight")[0]
    stored["position"] = stored["position"][:_TOKENS] + kinds
    constants = {**stored, "first": np.array([0]), "one": np.array([1]), "two": np.array([2])}
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(value), f"ids.{name}")
        for name, value in constants.items()
    )
    nodes = [
        helper.make_node("Shape", ["input_ids"], ["ids.shape"]),
        helper.make_node("Slice", ["ids.shape", "ids.one", "ids.two"], ["ids.length"]),
        helper.make_node("Slice", ["ids.position", "ids.first", "ids.length", "ids.first"], ["ids.places"]),
        helper.make_node("Gather", ["ids.word", "input_ids"], ["ids.words"]),
        helper.make_node("Add", ["ids.words", "ids.places"], ["embeddings"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.INT32),
    ]
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)
    del graph.input[:]
    graph.input.extend(
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    )
