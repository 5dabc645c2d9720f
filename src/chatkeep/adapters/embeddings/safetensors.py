"""Reads tensors from a `.safetensors` file, each only when asked for.

The format: eight bytes of little-endian header length, a JSON header of name -> dtype, shape and
offsets, then the raw values. Nothing stays in memory but the header: rows are read with `pread`, so the
47 MB table of word embeddings costs the process only the rows it uses.
"""

import json
import math
import os
import struct
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chatkeep.core.errors import ConfigurationError

_MAX_HEADER = 10_000_000


@dataclass(frozen=True, slots=True)
class _Place:
    shape: tuple[int, ...]
    offset: int


class SafeTensors:
    """The float32 tensors of one file.

    Raises:
        ConfigurationError: the file is not in this format, or is cut short.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        # Lives as long as the model that reads from it, which nobody closes.
        self.close = weakref.finalize(self, os.close, self._file)
        try:
            self._places = _read_header(self._file)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            self.close()
            raise ConfigurationError(
                f"{path} is not a readable safetensors file ({error}). Delete it and start again."
            ) from None

    def tensor(self, name: str) -> NDArray[np.float32]:
        place = self._places[name]
        data = os.pread(self._file, math.prod(place.shape) * 4, place.offset)
        return np.frombuffer(data, dtype="<f4").reshape(place.shape)

    def rows(self, name: str, indices: Sequence[int]) -> NDArray[np.float32]:
        """Shape (len(indices), width) of a two-dimensional tensor."""
        place, descriptor = self._places[name], self._file
        width = place.shape[1] * 4
        data = b"".join(os.pread(descriptor, width, place.offset + index * width) for index in indices)
        return np.frombuffer(data, dtype="<f4").reshape(len(indices), place.shape[1])


def _read_header(descriptor: int) -> dict[str, _Place]:
    size = os.fstat(descriptor).st_size
    (length,) = struct.unpack("<Q", os.pread(descriptor, 8, 0))
    if length > min(_MAX_HEADER, size - 8):
        raise ValueError("its header is too long")
    header = json.loads(os.pread(descriptor, length, 8))
    places = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = entry["data_offsets"]
        shape = tuple(entry["shape"])
        if end - start != math.prod(shape) * 4 or 8 + length + end > size:
            raise ValueError(f"{name} is cut short")
        places[name] = _Place(shape, 8 + length + start)
    return places
