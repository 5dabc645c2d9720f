"""`python -m benchmarks.ingest.usual FOLDER DATA`: the pipeline of LangChain's tutorials.

Files are read, HTML is made text, `RecursiveCharacterTextSplitter` cuts at 1,000 characters with 200 of
overlap, and `QdrantVectorStore.add_documents` embeds and stores on disk, dense vectors alone. The
embedder is the very one chatkeep uses, the same weights in the same onnxruntime and batches, behind
LangChain's `Embeddings`: it takes 256 tokens a text, as sentence-transformers does with this model.
`--weights FOLDER` takes sentence-transformers instead, which is what the tutorials install, if it is
there.
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

from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder


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
    options.add_argument("--weights", type=Path, help="folder for sentence-transformers to load from")
    chosen = options.parse_args()
    documents = [_read(file) for file in sorted(chosen.folder.iterdir())]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1_000, chunk_overlap=200)
    chunks = splitter.split_documents(documents)
    client = QdrantClient(path=str(chosen.data / "usual"))
    client.create_collection(
        "documents", vectors_config=models.VectorParams(size=384, distance=models.Distance.COSINE)
    )
    embeddings = _embeddings(chosen.data, chosen.weights)
    QdrantVectorStore(client, "documents", embeddings).add_documents(chunks)
    print(len(chunks))
    client.close()


def _embeddings(data: Path, weights: Path | None) -> Embeddings:
    if weights is not None:
        from langchain_huggingface import HuggingFaceEmbeddings

        found: Embeddings = HuggingFaceEmbeddings(model_name=str(weights))
        return found
    embedder = asyncio.run(open_embedder(Settings.load(data_dir=data)))
    if embedder is None:
        raise SystemExit("This measurement needs the embedder's weights.")
    return SameEmbedder(embedder)


def _read(file: Path) -> Document:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        body = LexborHTMLParser(text).body
        text = body.text(separator="\n") if body else ""
    return Document(text, metadata={"source": file.name})


if __name__ == "__main__":
    main()
