"""Cross-encoders: a tiny one, made here, reads questions and passages together as a large one would."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from chatkeep.adapters.reranking.cross_encoder import CrossEncoder
from chatkeep.adapters.reranking.named import NamedCrossEncoder
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "cats", "dogs", "purr", "bark", "the"]


def write_model(folder: Path, outputs: int = 1) -> Path:
    """A model whose last score is the sum of the passage's word numbers (its second segment), unpadded."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in names]
    weights = np.array([[0.0] * (outputs - 1) + [1.0]], dtype=np.float32)
    nodes = [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["real"]),
        helper.make_node("Mul", ["real", "token_type_ids"], ["passage"]),
        helper.make_node("Cast", ["passage"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["floats", "axis"], ["sum"], keepdims=1),
        helper.make_node("MatMul", ["sum", "weights"], ["logits"]),
    ]
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("weights", TensorProto.FLOAT, list(weights.shape), weights.flatten().tolist()),
    ]
    logits = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", outputs])]
    graph = helper.make_graph(nodes, "tiny", inputs, logits, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    return folder


def passages(*texts: str) -> list[Passage]:
    return [
        Passage(PassageId(str(n)), DocumentId("d"), "a.md", "the", ("the",), 0, len(text), text, 0.0)
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize("outputs", [1, 2])
async def test_each_passage_is_scored_below_the_names_of_its_section(tmp_path: Path, outputs: int) -> None:
    reranker = CrossEncoder(write_model(tmp_path, outputs))
    scores = await reranker.scores("dogs bark", passages("cats", "dogs bark", "cats purr"))
    the, end = 8, 2
    assert scores == [the + 4 + end, the + 5 + 7 + end, the + 4 + 6 + end]


async def test_many_passages_are_read_in_runs_and_long_ones_are_cut(tmp_path: Path) -> None:
    reranker = CrossEncoder(write_model(tmp_path))
    scores = await reranker.scores("dogs", passages(*["cats"] * 19, "purr " * 5000))
    assert scores[:19] == [8 + 4 + 2] * 19
    question, ends = 1, 3
    assert scores[19] == 8 + 2 + 6 * (512 - question - ends - 1)


def test_a_folder_without_a_model_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model\.onnx and tokenizer\.json"):
        CrossEncoder(tmp_path)


def test_without_fastembed_a_name_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fastembed", None)
    with pytest.raises(MissingDependency, match=r"pip install 'chatkeep\[fastembed\]'"):
        NamedCrossEncoder("some/model", tmp_path)
