"""Makes an embedding model of a few words, laid out as the model hub does it: real files, no training.

Each word of its vocabulary has an axis of its own and nothing else, so that texts that share words are near.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WIDTH = 64
WORDS = (
    "a answer bank boats cat cats cent cost ferry five house lends mat money noon of on per sleeps the warm"
    " word"
)


def tiny_model(folder: Path, *, prompts: dict[str, str] | None = None, max_tokens: int = 128) -> Path:
    """Write the model; gives its folder."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "1_Pooling").mkdir()
    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split()])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    marks = {name: f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    tokens = {f"{name}_token": mark for name, mark in marks.items()}
    _write(folder / "tokenizer_config.json", {"model_max_length": max_tokens, **tokens})
    _write(folder / "special_tokens_map.json", tokens)
    _write(folder / "config.json", {"hidden_size": WIDTH, "max_position_embeddings": 512, "pad_token_id": 0})
    _write(folder / "1_Pooling" / "config.json", {"embedding_dimension": WIDTH, "pooling_mode": "mean"})
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
    _write(
        folder / "modules.json",
        [
            {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
    )
    onnx.save(_graph(len(vocabulary)), folder / "onnx" / "model.onnx")
    return folder


def place_of(word: str) -> int:
    """Which axis is the word's."""
    return 4 + WORDS.split().index(word)


def table(words: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Each word's axis; what stands in every text is short."""
    rows = np.eye(words, WIDTH, dtype=np.float32)
    rows[:4] *= 0.1
    return rows


def _graph(words: int) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", WIDTH])
    node = helper.make_node("Gather", ["words", "input_ids"], ["last_hidden_state"])
    weights = numpy_helper.from_array(table(words), "words")
    graph = helper.make_graph([node], "tiny", inputs, [output], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
