"""`python -m benchmarks.ingest.usual FOLDER DATA`: the pipeline of LangChain's tutorials.

Files are read, HTML is made text, `RecursiveCharacterTextSplitter` cuts at 1,000 characters with 200 of
overlap, and `QdrantVectorStore.add_documents` embeds and stores on disk, dense vectors alone. The model is
chatkeep's, the same weights, 256 tokens a text, run by one of three:

- `--tutorial`: `HuggingFaceEmbeddings`, which is sentence-transformers on torch, as the tutorials have it;
- `--fastembed FOLDER`: FastEmbed as LangChain's community wraps it, in batches of 256, in onnxruntime too;
- neither: chatkeep's own embedder, so that what is left of the difference is everything else.
"""

import argparse
import asyncio
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter
from qdrant_client import QdrantClient, models
from selectolax.lexbor import LexborHTMLParser

from benchmarks.ingest.model import NAME
from chatkeep.adapters.embeddings.minilm import MiniLM
from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder


class FastEmbedder(Embeddings):
    """As `langchain_community` wraps FastEmbed."""

    def __init__(self, folder: Path) -> None:
        from fastembed import TextEmbedding

        self._model = TextEmbedding(NAME, specific_model_path=str(folder), threads=1)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._model.embed(texts, batch_size=256)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class SameEmbedder(Embeddings):
    """LangChain's `Embeddings` over chatkeep's embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._runner = asyncio.Runner()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._runner.run(self._embedder.embed(texts)).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("data", type=Path)
    runners = options.add_mutually_exclusive_group()
    runners.add_argument("--tutorial", action="store_true", help="embed with sentence-transformers")
    runners.add_argument("--fastembed", type=Path, help="folder for FastEmbed to load from")
    chosen = options.parse_args()
    documents = [_read(file) for file in sorted(chosen.folder.iterdir())]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1_000, chunk_overlap=200)
    chunks = splitter.split_documents(documents)
    client = QdrantClient(path=str(chosen.data / "usual"))
    client.create_collection(
        "documents", vectors_config=models.VectorParams(size=384, distance=models.Distance.COSINE)
    )
    embeddings = _embeddings(chosen.data, chosen.fastembed, tutorial=chosen.tutorial)
    QdrantVectorStore(client, "documents", embeddings).add_documents(chunks)
    print(len(chunks))
    client.close()


def _embeddings(data: Path, fastembed: Path | None, *, tutorial: bool) -> Embeddings:
    if fastembed is not None:
        return FastEmbedder(fastembed)
    embedder = asyncio.run(open_embedder(Settings.load(data_dir=data, embedder="minilm")))
    if not isinstance(embedder, MiniLM):
        raise SystemExit("This measurement needs the embedder's weights.")
    if not tutorial:
        return SameEmbedder(embedder)
    from langchain_huggingface import HuggingFaceEmbeddings

    # The weights lie in a folder as sentence-transformers has them on a hub.
    loaded: Embeddings = HuggingFaceEmbeddings(model_name=str(embedder.files.weights.parent))
    return loaded


def _read(file: Path) -> Document:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        body = LexborHTMLParser(text).body
        text = body.text(separator="\n") if body else ""
    return Document(text, metadata={"source": file.name})


if __name__ == "__main__":
    main()
