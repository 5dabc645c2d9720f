"""Models by name: from a folder, from a hub, and what is told when they cannot be had."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from chatkeep.adapters.embeddings.folder import read_folder
from chatkeep.adapters.embeddings.named import find_named
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import EmbeddingSettings
from tests.tiny_model import WIDTH, place_of, tiny_model

PLAIN = EmbeddingSettings()
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


class Hub(BaseHTTPRequestHandler):
    """The little of a model hub's API that fetching a repository takes; `folder` is tiny/model."""

    folder: Path
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        files = [str(file.relative_to(self.folder)) for file in self.folder.rglob("*") if file.is_file()]
        if self.path.startswith(f"/api/models/tiny/model/tree/{COMMIT}"):
            sizes = {name: (self.folder / name).stat().st_size for name in files}
            tree = [{"type": "file", "path": name, "size": size, "oid": name} for name, size in sizes.items()]
            self.answer(json.dumps(tree).encode())
        elif self.path.startswith("/api/models/tiny/model"):
            siblings = [{"rfilename": name} for name in files]
            self.answer(json.dumps({"id": "tiny/model", "sha": COMMIT, "siblings": siblings}).encode())
        elif (name := self.path.removeprefix(f"/tiny/model/resolve/{COMMIT}/")) in files:
            self.answer((self.folder / name).read_bytes())
        else:
            self.answer(b'{"error": "Repository not found"}', 404)

    do_HEAD = do_GET  # noqa: N815 (named by http.server)

    def answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{abs(hash(body)):x}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if status == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hub(folder: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Serving", (Hub,), {"folder": folder, "asked": asked})
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


async def found(kind: str, name: str | Path, data: Path, hub: str | None = None) -> Embedder:
    embedder = await find_named(kind, str(name), data, hub, PLAIN)
    assert embedder is not None
    return embedder


async def test_fastembed_runs_a_model_of_a_folder(folder: Path, tmp_path: Path) -> None:
    embedder = await found("fastembed", folder, tmp_path)
    assert (embedder.dimensions, embedder.max_tokens) == (WIDTH, 128)
    vectors = await embedder.embed(["cat mat", "mat"])
    mean = np.zeros(WIDTH, dtype=np.float32)
    mean[[2, 3]] = 0.1  # what begins and ends every text
    mean[place_of("mat")] = 1
    assert vectors[1] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    assert vectors[0, place_of("cat")] == vectors[0, place_of("mat")] > 0.6
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 (nothing was fetched or kept)
    await embedder.close()


async def test_a_model_is_fetched_from_the_hub_once(
    hub: tuple[str, list[str]], folder: Path, tmp_path: Path
) -> None:
    url, asked = hub
    embedder = await found("fastembed", "tiny/model", tmp_path, url)
    there = await embedder.embed(["a cat"])
    assert any(path.endswith("/onnx/model.onnx") for path in asked)
    asked.clear()
    for hub_url in (url, None):
        again = await found("fastembed", "tiny/model", tmp_path, hub_url)
        assert np.array_equal(await again.embed(["a cat"]), there)
        assert again.name == embedder.name
    assert asked == []
    here = await found("fastembed", folder, tmp_path)
    assert np.array_equal(await here.embed(["a cat"]), there)


async def test_without_a_hub_a_model_that_is_not_here_is_none(tmp_path: Path) -> None:
    assert await find_named("fastembed", "tiny/model", tmp_path, None, PLAIN) is None


@pytest.mark.parametrize("name", ["tiny/other", "no name of a repository"])
async def test_a_model_that_nobody_has_is_told(name: str, hub: tuple[str, list[str]], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"embedding model {name} could not be fetched"):
        await find_named("fastembed", name, tmp_path, hub[0], PLAIN)


async def test_a_hub_that_is_down_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"could not be fetched from http://127\.0\.0\.1:9"):
        await find_named("fastembed", "tiny/model", tmp_path, "http://127.0.0.1:9", PLAIN)


async def test_fastembed_needs_a_graph(folder: Path, tmp_path: Path) -> None:
    bare = tiny_model(tmp_path / "bare")
    (bare / "onnx" / "model.onnx").unlink()
    embedder = await found("fastembed", bare, tmp_path)
    with pytest.raises(ConfigurationError, match="holds no ONNX graph"):
        await embedder.embed(["a cat"])


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not hold an embedding model"):
        read_folder(tmp_path, "x")


def test_another_content_is_another_model(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "tiny")
    before = read_folder(folder, "x").fingerprint
    assert read_folder(folder, "x").fingerprint == before
    (folder / "tokenizer_config.json").write_text("{}")
    assert read_folder(folder, "x").fingerprint != before


@pytest.mark.parametrize(
    ("file", "content", "dimensions", "pooling"),
    [
        ("1_Pooling/config.json", {"word_embedding_dimension": 7, "pooling_mode_cls_token": True}, 7, "cls"),
        ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}, WIDTH, "lasttoken"),
        ("modules.json", [{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}], 32, "mean"),
    ],
)
def test_older_and_other_layouts_are_read(
    tmp_path: Path, file: str, content: object, dimensions: int, pooling: str
) -> None:
    folder = tiny_model(tmp_path / "tiny")
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "config.json").write_text('{"out_features": 32}')
    (folder / file).write_text(json.dumps(content))
    read = read_folder(folder, "x")
    assert (read.dimensions, read.pooling) == (dimensions, pooling)


def test_a_model_says_itself_how_it_wants_texts_marked(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "tiny", prompts={"query": "ask: ", "document": "tell: "})
    read = read_folder(folder, "intfloat/e5-small")
    assert (read.query, read.passage) == ("ask: ", "tell: ")
    assert read_folder(tiny_model(tmp_path / "mute"), "intfloat/e5-small").query == "query: "


@pytest.mark.parametrize("kind", ["fastembed", "sentence-transformers"])
async def test_a_missing_package_is_told_with_what_installs_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    for name in [name for name in sys.modules if name.split(".")[0] == kind.replace("-", "_")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingDependency, match=rf"pip install 'chatkeep\[{kind}\]'"):
        await find_named(kind, "any/model", tmp_path, None, PLAIN)
