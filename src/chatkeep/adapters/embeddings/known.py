"""What is known of embedding models by their names: how they want texts marked, and how much they take. Data.

The marks are those of the models' own cards. A model that is not here is given texts as they are, and 512
tokens, which every model in use takes.
"""

import re
from dataclasses import dataclass

_RETRIEVE = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_REPRESENT = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """How a model is spoken to.

    Attributes:
        max_tokens: of one text, the mark included.
        query, passage: what is written before a question, and before what may answer it.
    """

    max_tokens: int = 512
    query: str = ""
    passage: str = ""


# The first pattern that is found in the model's name, in lower case, holds.
_KNOWN: tuple[tuple[str, ModelFacts], ...] = (
    (r"text-embedding-(3|ada)", ModelFacts(8191)),
    (r"e5-.*instruct", ModelFacts(512, _RETRIEVE + " ")),
    (r"\be5-(small|base|large)", ModelFacts(512, "query: ", "passage: ")),
    (r"nomic-embed-text", ModelFacts(2048, "search_query: ", "search_document: ")),
    (r"embeddinggemma", ModelFacts(2048, "task: search result | query: ", "title: none | text: ")),
    (r"qwen3-embedding", ModelFacts(8192, _RETRIEVE)),
    (r"arctic-embed(2|.*-v2)", ModelFacts(8192, "query: ")),
    (r"arctic-embed", ModelFacts(512, _REPRESENT)),
    (r"mxbai-embed", ModelFacts(512, _REPRESENT)),
    (r"bge-m3", ModelFacts(8192)),
    (r"bge-(small|base|large)-zh", ModelFacts(512, "为这个句子生成表示以用于检索相关文章：")),
    (r"bge-(small|base|large)", ModelFacts(512, _REPRESENT)),
    (r"all-minilm", ModelFacts(256)),
)


def facts(model: str) -> ModelFacts:
    """What is known of `model`, under whatever name its server has for it."""
    name = model.lower().replace("_", "-")
    return next((known for pattern, known in _KNOWN if re.search(pattern, name)), ModelFacts())


def mark(chosen: str | None, known: str) -> str:
    """What is written before a text: what the operator chose, where `off` is nothing, or what is known."""
    if chosen is None:
        return known
    return "" if chosen == "off" else chosen
