"""Copying the embedded index to a server, with its generation, so that nothing has to be ingested again.

Above: `chatkeep data move`. Below: `edge` and `server`. Points are compared before they are sent: a second
run sends what is missing or different, and a run that was cut off goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qdrant_client import models

from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.qdrant.points import DENSE, SPARSE
from chatkeep.adapters.qdrant.server import QdrantServerIndex
from chatkeep.core.errors import ConfigurationError

MoveProgress = Callable[[int, int], None]
"""Told of points: how many were looked at, and how many there are."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done: points in all, sent now, and removed there because they are not here."""

    points: int
    sent: int
    removed: int


async def move(source: EdgeIndex, target: QdrantServerIndex, progress: MoveProgress) -> Moved:
    """Make the server's collection hold exactly what the embedded index holds.

    Raises:
        ConfigurationError: the collection belongs to another index, or the counts differ at the end.
    """
    if target.generation != source.generation:
        raise ConfigurationError(
            f"The collection {target.collection} holds another index. "
            "Delete it there, or choose another name with QDRANT_COLLECTION."
        )
    await source.flush()
    has_same_weights = await target.adopt(source.weighed_with, source.languages, complete=source.is_complete)
    total = await source.total()
    here: set[str] = set()
    sent = 0
    offset: Any = None
    while True:
        records, offset = await source.page(offset)
        present = await target.payloads([str(each.id) for each in records]) if has_same_weights else {}
        missing = [each for each in records if present.get(str(each.id)) != each.payload]
        if missing:
            await target.write([_point(each) for each in missing])
        here.update(str(each.id) for each in records)
        sent += len(missing)
        progress(len(here), total)
        if offset is None:
            break
    removed = await _remove_others(target, here)
    await target.flush()
    if (there := await target.total()) != total:
        raise ConfigurationError(
            f"There are {there} points on the server and {total} here. If something else writes there, "
            "stop it; then run this again."
        )
    return Moved(total, sent, removed)


async def _remove_others(target: QdrantServerIndex, here: set[str]) -> int:
    others: list[str] = []
    offset: Any = None
    while True:
        records, offset = await target.page(offset, [])
        others += [str(each.id) for each in records if str(each.id) not in here]
        if offset is None:
            break
    await target.remove(others)
    return len(others)


def _point(record: Any) -> models.PointStruct:
    vector = record.vector
    sparse = vector[SPARSE]
    vectors: dict[str, Any] = {
        SPARSE: models.SparseVector(indices=list(sparse.indices), values=list(sparse.values))
    }
    if vector.get(DENSE) is not None:
        vectors[DENSE] = list(vector[DENSE])
    return models.PointStruct(
        id=str(record.id),
        vector=vectors,
        payload=record.payload,
    )
