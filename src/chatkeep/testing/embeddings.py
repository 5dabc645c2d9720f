"""Vectors, spelt as `POST /v1/embeddings` gives them, faithfully or spoilt. Pure."""

import base64
import hashlib
import math
import re
import struct
from dataclasses import dataclass
from typing import Any

from chatkeep.testing.script import EmbeddingsReply


@dataclass(frozen=True, slots=True)
class EmbeddingsLimits:
    """What providers refuse; None: nothing.

    Attributes:
        texts: in one request, as Text Embeddings Inference has it (32 unless it is told otherwise).
        words: in one text, in place of tokens, as OpenAI and vLLM have it.
        base64: False refuses `encoding_format: base64`.
    """

    texts: int | None = None
    words: int | None = None
    base64: bool = True


def refuse_size(body: dict[str, Any], limits: EmbeddingsLimits) -> str | None:
    """Why a request is beyond the limits, in the providers' words."""
    texts = _texts(body)
    if limits.texts is not None and len(texts) > limits.texts:
        return f"batch size {len(texts)} > maximum allowed batch size {limits.texts}"
    longest = max(len(text.split()) for text in texts)
    if limits.words is not None and longest > limits.words:
        return (
            f"This model's maximum context length is {limits.words} tokens, however you requested {longest}."
        )
    if not limits.base64 and body.get("encoding_format") == "base64":
        return "encoding_format: base64 is not supported"
    return None


def response(body: dict[str, Any], reply: EmbeddingsReply, dimensions: int) -> dict[str, Any]:
    """The body of an answer."""
    texts = _texts(body)
    rows = [vector(text, int(body.get("dimensions") or dimensions)) for text in texts]
    coded = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": n, "embedding": _base64(row) if coded else row}
        for n, row in enumerate(_spoilt(rows, reply))
    ]
    if reply.spoil == "order":
        data.reverse()
    if reply.spoil == "index":
        data[-1]["index"] = 0
    tokens = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body.get("model"), "usage": usage}


def _spoilt(rows: list[list[float]], reply: EmbeddingsReply) -> list[list[float]]:
    *most, last = rows
    match reply.spoil:
        case "count":
            return most
        case "dimensions":
            return [[*row, 0.5] for row in rows]
        case "uneven":
            return [*most, [*last, 0.5]]
        case "nan":
            return [*most, [math.nan] * len(last)]
        case "zero":
            return [*most, [0.0] * len(last)]
        case _:
            return rows


def _texts(body: dict[str, Any]) -> list[str]:
    return [body["input"]] if isinstance(body["input"], str) else body["input"]


def vector(text: str, dimensions: int) -> list[float]:
    """A unit vector that depends on the words of `text` alone: texts that share words are close."""
    result = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        result[int.from_bytes(digest[:4], "big") % dimensions] += 1.0 if digest[4] & 1 else -1.0
    norm = math.sqrt(sum(value * value for value in result))
    return [value / norm for value in result] if norm else [1.0] + [0.0] * (dimensions - 1)


def _base64(row: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()
