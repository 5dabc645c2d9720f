"""Stands in for sentence-transformers, which brings PyTorch: some gigabytes that the tests do without.

It has what chatkeep calls, with the real names and arguments of version 6, and reads the same folder: the
tokeniser is the real one, the "network" the table of `tests.tiny_model`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tests.tiny_model import table


class SentenceTransformer:
    def __init__(
        self, model_name_or_path: str, *, local_files_only: bool = False, trust_remote_code: bool = False
    ) -> None:
        assert local_files_only, "chatkeep fetches models itself"
        assert not trust_remote_code
        self._tokenizer = Tokenizer.from_file(str(Path(model_name_or_path) / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._table = table(self._tokenizer.get_vocab_size())
        self.max_seq_length = 512

    def encode(
        self,
        inputs: Sequence[str],
        *,
        prompt: str | None = None,
        batch_size: int = 32,
        convert_to_numpy: bool = True,
        show_progress_bar: bool | None = None,
    ) -> NDArray[np.float32]:
        assert convert_to_numpy
        assert batch_size >= len(inputs)
        assert show_progress_bar is False
        self._tokenizer.enable_truncation(self.max_seq_length)
        texts = [(prompt or "") + text for text in inputs]
        rows = [self._table[encoding.ids].mean(axis=0) for encoding in self._tokenizer.encode_batch(texts)]
        return np.array(rows, dtype=np.float32)
