"""What an embeddings endpoint answers, checked: vectors in the order asked, or why it is of no use. Pure."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np
import orjson

from chatkeep.knowledge.protocols import Vectors


class Unusable(Exception):
    """It is no answer to what was asked. The message ends a sentence that begins with who answered."""


def vectors(body: bytes, asked: int) -> Vectors:
    """The unit vectors of the `asked` texts, shape (asked, whatever length they have).

    Each row may be a list of numbers, or base64 of little-endian float32.

    Raises:
        Unusable.
    """
    rows = [_row(entry) for entry in _in_order(_entries(body), asked)]
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or 0 in lengths:
        raise Unusable("gave vectors of different lengths.")
    found = np.stack(rows)
    if not np.isfinite(found).all():
        raise Unusable("gave a vector that holds something else than numbers (NaN or infinity).")
    norms = np.linalg.norm(found.astype(np.float64), axis=1, keepdims=True)
    if not norms.all():
        raise Unusable("gave a vector of zeros, which has no direction.")
    unit: Vectors = (found / norms).astype(np.float32)
    return unit


def _entries(body: bytes) -> list[dict[str, Any]]:
    try:
        data = orjson.loads(body)["data"]
        if isinstance(data, list) and all(isinstance(entry, dict) for entry in data):
            return data
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise Unusable("sent something that is not an answer to a request for embeddings. Is the address right?")


def _in_order(entries: Sequence[dict[str, Any]], asked: int) -> list[dict[str, Any]]:
    if len(entries) != asked:
        raise Unusable(f"gave {len(entries)} vectors for {asked} texts.")
    places = [entry.get("index", place) for place, entry in enumerate(entries)]
    if any(not isinstance(place, int) for place in places) or sorted(places) != list(range(asked)):
        raise Unusable("did not say which vector belongs to which text.")
    return [entry for _, entry in sorted(zip(places, entries, strict=True), key=lambda pair: pair[0])]


def _row(entry: dict[str, Any]) -> Vectors:
    value = entry.get("embedding")
    try:
        if isinstance(value, str):
            return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
        if isinstance(value, list):
            # JSON has no NaN: those that mean it write null.
            return np.array([np.nan if number is None else number for number in value], dtype=np.float32)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise Unusable("gave a vector that cannot be read.")


def words_of(body: bytes) -> str:
    """What a refusal says of itself, in whichever of the usual places it says so."""
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")
    for _ in range(3):  # {"error": {"message": …}}, {"error": …}, {"detail": …}, {"message": …}
        if isinstance(said, list) and said:
            said = said[0]
        if isinstance(said, dict):
            said = next((said[name] for name in ("error", "message", "detail", "msg") if said.get(name)), "")
    return said if isinstance(said, str) else ""


def code_of(body: bytes) -> str:
    """OpenAI's name for the reason; empty if there is none."""
    try:
        error = orjson.loads(body)["error"]
        return str(error.get("code") or error.get("type") or "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ""


def retry_after(headers: dict[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait, as `Retry-After` says in seconds or as a date, or OpenAI's `retry-after-ms`.

    Args:
        headers: names in lower case.
    """
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after", "").strip()
        if not value:
            return None
        if value.replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, TypeError):
        return None
