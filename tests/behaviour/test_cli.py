"""The `chatkeep` command as people and scripts run it: what it prints, where, and how it exits."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatkeep.core.context import local_context
from chatkeep.settings import Settings
from chatkeep.testing import Gate, Reply, ScriptedModelServer
from chatkeep.wiring.knowledge import open_knowledge
from tests.serving import serving
from tests.wirings import Asking, answers_of, message

# Words alone: what is tested here does not depend on the embedder, which takes a second to load.
WORDS = {"CHATKEEP_EMBEDDER": "none", "CHATKEEP_LOG_FORMAT": "json"}
CHATKEEP = Path(sys.executable).with_name("chatkeep")

Finished = subprocess.CompletedProcess[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def chatkeep(*arguments: str | Path, **environment: str) -> Finished:
    return subprocess.run(
        [CHATKEEP, *arguments],
        env={**os.environ, **WORDS, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def search(query: str, data: Path, limit: int = 5) -> list[dict[str, Any]]:
    done = chatkeep("search", query, "--json", "--limit", str(limit), "--data-dir", data)
    assert done.returncode == 0, done.stderr
    passages = json.loads(done.stdout)["passages"]
    assert isinstance(passages, list)
    return passages


def found_in(query: str, data: Path) -> set[str]:
    return {passage["path"] for passage in search(query, data)}


def the_one_line(done: Finished) -> str:
    """What a run that could not do anything said: one line on standard error, nothing else."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("chatkeep: ")
    return line


def test_one_bad_file_never_stops_the_rest_and_each_is_named_with_its_reason(
    docs: Path, data: Path, tmp_path: Path
) -> None:
    (docs / "good.md").write_text("# Otters\n\nOtters hold hands while they sleep.\n")
    (docs / "also-good.txt").write_text("Badgers dig setts with many entrances.\n")
    (docs / "latin.txt").write_bytes("Füchse wohnen im Bau neben der Straße.\n".encode("cp1252"))
    (docs / "empty.md").write_text(" \n")
    (docs / "binary.md").write_bytes(bytes(range(256)) * 8)
    (docs / "utf16-unmarked.txt").write_bytes("No byte order mark".encode("utf-16-le"))
    (docs / "large.txt").write_text("much " * 500)
    (tmp_path / "secret.md").write_text("The secret lies outside.")
    (docs / "out.md").symlink_to(tmp_path / "secret.md")
    (docs / "dangling.md").symlink_to(tmp_path / "nowhere.md")
    os.mkfifo(docs / "pipe.md")
    (docs / "two\nlines.md").write_text("A name with a line break.")
    (docs / "picture.png").write_bytes(b"\x89PNG")
    done = chatkeep("ingest", docs, "--data-dir", data, CHATKEEP_MAX_FILE_BYTES="2400")
    assert done.returncode == 1
    assert "3 added" in done.stdout
    assert "1 file of another type was left alone" in done.stdout
    skipped = dict(line.split(": ", 1) for line in done.stderr.splitlines() if line.startswith("skipped "))
    assert {name.removeprefix("skipped ") for name in skipped} == {
        *("empty.md", "binary.md", "utf16-unmarked.txt", "large.txt", "out.md", "dangling.md", "pipe.md"),
        "two\\nlines.md",
    }
    assert "it is empty" in skipped["skipped empty.md"]
    assert "not text" in skipped["skipped binary.md"]
    assert "CHATKEEP_MAX_FILE_BYTES" in skipped["skipped large.txt"]
    assert "leads out of the folder" in skipped["skipped out.md"]
    assert "not a regular file" in skipped["skipped pipe.md"]
    assert found_in("otters hands", data) == {"good.md"}
    assert found_in("Füchse", data) == {"latin.txt"}
    assert found_in("secret lies outside", data) == set()


def test_a_second_run_changes_nothing_and_says_so(docs: Path, data: Path) -> None:
    (docs / "a.md").write_text("Otters hold hands.")
    first = chatkeep("ingest", docs, "--data-dir", data)
    assert (first.returncode, first.stdout) == (0, "Documents: 1 added.\n")
    again = chatkeep("ingest", docs, "--data-dir", data)
    assert (again.returncode, again.stdout) == (0, "Documents: 1 unchanged.\n")


def test_what_was_skipped_once_is_reported_every_time(docs: Path, data: Path) -> None:
    (docs / "empty.md").touch()
    for _ in range(2):
        done = chatkeep("ingest", docs, "--data-dir", data)
        assert done.returncode == 1
        assert "skipped empty.md: it is empty." in done.stderr


def test_a_changed_file_is_found_by_its_new_text_and_a_removed_one_no_more(docs: Path, data: Path) -> None:
    (docs / "a.md").write_text("Otters hold hands.")
    (docs / "b.md").write_text("Badgers dig setts.")
    chatkeep("ingest", docs, "--data-dir", data)
    (docs / "a.md").write_text("Herons stand on one leg.")
    (docs / "b.md").unlink()
    done = chatkeep("ingest", docs, "--data-dir", data)
    assert (done.returncode, done.stdout) == (0, "Documents: 1 updated, 1 removed.\n")
    assert found_in("herons", data) == {"a.md"}
    assert found_in("otters", data) == set()
    assert found_in("badgers", data) == set()


def test_a_path_that_does_not_exist_is_one_line(docs: Path, data: Path) -> None:
    for command in ("ingest", "serve"):
        line = the_one_line(chatkeep(command, docs / "nowhere", "--data-dir", data))
        assert str(docs / "nowhere") in line


def test_search_prints_one_json_object(docs: Path, data: Path) -> None:
    text = "# Animals\n\nMany.\n\n## Otters\n\nOtters hold hands while they sleep.\n"
    (docs / "animals.md").write_text(text)
    chatkeep("ingest", docs, "--data-dir", data)
    (best, *_) = search("otters hands", data)
    assert set(best) == {"id", "path", "title", "headings", "start", "end", "score", "text"}
    assert (best["path"], best["title"]) == ("animals.md", "Animals")
    assert best["text"] == text[best["start"] : best["end"]]


def test_search_explains_each_step_for_people_and_for_machines(docs: Path, data: Path) -> None:
    (docs / "otters.md").write_text("# Otters [lutra]\n\nOtters hold hands while they sleep.\n")
    (docs / "copy.md").write_text("# Otters [lutra]\n\nOtters hold hands, while they sleep!\n")
    chatkeep("ingest", docs, "--data-dir", data)
    done = chatkeep("search", "otters hands", "--explain", "--json", "--data-dir", data)
    told = json.loads(done.stdout)
    assert {passage["path"] for passage in told["passages"]} == {"copy.md", "otters.md"}
    assert told["given"] == told["passages"][:1]
    first, second = told["trace"]["candidates"]
    assert (first["bm25"]["rank"], first["given"], first["dense"]) == (1, 1, None)
    assert (second["given"], second["dropped"]) == (None, "says what rank 1 says")
    shown = chatkeep("search", "otters hands", "--explain", "--data-dir", data, COLUMNS="160").stdout
    assert "Otters [lutra] (" in shown
    assert "says what rank 1 says" in shown
    assert "near duplicates" in shown


def test_search_is_narrowed_and_says_when_that_leaves_nothing(docs: Path, data: Path) -> None:
    (docs / "otters.md").write_text("Otters hold hands.\n")
    chatkeep("ingest", docs, "--data-dir", data)
    for narrowed in (["--where", "team=pets"], ["--since", "2999-01-01"]):
        done = chatkeep("search", "otters", *narrowed, "--data-dir", data)
        assert done.stdout == "Nothing found that matches --where and --since.\n"
    assert "key=value" in the_one_line(chatkeep("search", "otters", "--where", "team", "--data-dir", data))
    assert "2026-01-31" in the_one_line(chatkeep("search", "otters", "--since", "June", "--data-dir", data))


def test_search_without_documents_says_how_to_get_some(data: Path) -> None:
    done = chatkeep("search", "anything", "--data-dir", data)
    assert done.returncode == 0
    assert "chatkeep ingest" in done.stdout
    assert search("anything", data) == []


def test_a_data_folder_in_use_is_one_line(docs: Path, data: Path) -> None:
    (docs / "a.md").write_text("Otters hold hands.")
    with serving([docs], data, WORDS):
        for command in (["ingest", docs], ["search", "otters"], ["serve", docs, "--port", "0"]):
            assert "in use" in the_one_line(chatkeep(*command, "--data-dir", data))


def test_a_port_in_use_is_one_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = the_one_line(chatkeep("serve", "--port", port, "--data-dir", data))
    assert port in line
    assert "--port" in line


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CHATKEEP_PROT", "8001", "Did you mean CHATKEEP_PORT?"),
        ("CHATKEEP_PORT", "many", "CHATKEEP_PORT"),
        ("CHATKEEP_EMBEDDER", "huge", "CHATKEEP_EMBEDDER"),
        ("CHATKEEP_PUBLIC_URL", "not an address", "CHATKEEP_PUBLIC_URL"),
        ("LLM_PROVIDER", "someone", "LLM_PROVIDER"),
        ("LLM_TIMEOUT", "-1", "LLM_TIMEOUT"),
        ("OPENAI_BASE_URL", "nowhere", "OPENAI_BASE_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line(variable: str, value: str, said: str, data: Path) -> None:
    line = the_one_line(chatkeep("serve", "--data-dir", data, **{variable: value}))
    assert variable in line
    assert said in line


@pytest.mark.parametrize(
    ("provider", "needs"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("gemini", "GEMINI_API_KEY"),
        ("openrouter", "OPENROUTER_API_KEY"),
        ("compatible", "OPENAI_BASE_URL"),
    ],
)
def test_a_provider_without_what_it_needs_stops_the_server(provider: str, needs: str, data: Path) -> None:
    done = chatkeep("serve", "--port", "0", "--data-dir", data, "--no-open", LLM_PROVIDER=provider)
    assert needs in the_one_line(done)


def test_a_damaged_database_is_one_line(docs: Path, data: Path) -> None:
    (docs / "a.md").write_text("Otters hold hands.")
    chatkeep("ingest", docs, "--data-dir", data)
    for file in data.glob("chatkeep.db*"):
        file.write_bytes(b"This is no database. " * 1000)
    for command in (["ingest", docs], ["search", "otters"], ["serve", docs, "--port", "0"], ["serve"]):
        assert "chatkeep.db" in the_one_line(chatkeep(*command, "--data-dir", data))


def test_a_data_folder_that_is_a_file_is_one_line(docs: Path, data: Path) -> None:
    data.write_text("in the way")
    for command in (["ingest", docs], ["search", "otters"], ["serve", "--port", "0"]):
        assert str(data) in the_one_line(chatkeep(*command, "--data-dir", data))


def test_the_version_is_printed() -> None:
    done = chatkeep("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("chatkeep 0.")


def write_many(docs: Path, count: int) -> None:
    for n in range(count):
        sections = [f"## Part {part}\n\nThing {n} does {part} well.\n" for part in range(4)]
        (docs / f"{n:04}.md").write_text("\n".join([f"# Thing{n}\n", *sections]))


async def passages_held(data: Path) -> tuple[int, int]:
    settings = Settings.load({}, data_dir=data, embedder="none")
    async with open_knowledge(settings) as knowledge:
        context = local_context("test")
        return await knowledge.documents.count(context), await knowledge.index.count(context)


def kill_when_it_says(start: str, *arguments: str | Path) -> None:
    command = [CHATKEEP, *arguments]
    environment = {**os.environ, **WORDS}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(line.startswith(start) for line in process.stderr)
        process.kill()
    assert process.returncode == -signal.SIGKILL


async def test_an_ingestion_that_is_killed_is_made_whole_by_the_next(docs: Path, data: Path) -> None:
    write_many(docs, 600)
    kill_when_it_says("200 of 600", "ingest", docs, "--data-dir", data)
    again = chatkeep("ingest", docs, "--data-dir", data)
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stdout, "it was killed before anything was kept"
    assert "added" in again.stdout, "it was killed too late to test anything"
    clean = data.with_name("clean")
    chatkeep("ingest", docs, "--data-dir", clean)
    assert await passages_held(data) == await passages_held(clean)
    assert "0599.md" in found_in("Thing599", data)
    assert "0000.md" in found_in("Thing0", data)


def answered(client: httpx.Client, question: str) -> Any:
    """The content of the one answer to `question`."""
    (answer,) = answers_of(Asking(client).ask(question))
    return answer["content"][0]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_exits_with_0(sent: signal.Signals, data: Path) -> None:
    with serving([], data, WORDS) as server:
        server.process.send_signal(sent)
        assert server.process.wait(15) == 0
    assert "Traceback" not in server.log.read_text()


def test_stopping_in_the_middle_of_an_answer_keeps_what_was_said(docs: Path, data: Path) -> None:
    # The running answer gets its ten seconds of grace first: this test takes that long.
    (docs / "a.md").write_text("Otters hold hands.")
    gate = Gate()
    gate.step(2)
    with ScriptedModelServer() as model:
        model.script(Reply("one two three four five", gate=gate))
        environment = {**WORDS, "LLM_PROVIDER": "openai", "OPENAI_API_KEY": "sk-scripted"}
        environment["OPENAI_BASE_URL"] = model.base_url
        with (
            serving([docs], data, environment) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            events = Asking(client).stream("threads.create", input=message("Count"))
            thread = next(event["thread"]["id"] for event in events if event["type"] == "thread.created")
            for event in events:
                if event["type"] == "thread.item.updated" and event["update"].get("delta"):
                    break
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(15) == 0
        gate.open()
        assert "Traceback" not in server.log.read_text()
        with (
            serving([docs], data, environment) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            items = Asking(client).items(thread)
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert items[1]["content"][0]["text"].startswith("one")


def test_the_log_is_json_lines_on_standard_error_without_a_word_of_what_people_write(
    docs: Path, data: Path
) -> None:
    (docs / "a.md").write_text("# Otters\n\nOtters hold hands while they sleep.")
    with serving(
        [docs], data, {**WORDS, "CHATKEEP_LOG_FORMAT": "auto", "CHATKEEP_LOG_LEVEL": "debug"}
    ) as server:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            assert "hold hands" in answered(client, "Do otters hold hands?")["text"]
        server.process.send_signal(signal.SIGINT)
        server.process.wait(15)
        assert server.process.stdout is not None
        out = server.process.stdout.read()
    lines = server.log.read_text().splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line for line in lines if not line.startswith("{")] == ["Reading 1 document"]
    assert {"ready", "request", "model_usage"} <= {line["event"] for line in logged}
    assert all({"timestamp", "level", "logger"} <= set(line) for line in logged)
    assert "otters" not in "".join(lines).lower()
    assert "{" not in out


def test_another_folder_is_answered_from_instead_and_going_back_needs_no_reading(
    docs: Path, data: Path, tmp_path: Path
) -> None:
    (docs / "otters.md").write_text(
        "# Otters\n\nThe river animals called otters hold hands while they sleep."
    )
    other = tmp_path / "other"
    other.mkdir()
    (other / "herons.md").write_text("# Herons\n\nThe river animals called herons stand on one leg.")
    question = "What do the river animals do?"
    cited = []
    for folder in (docs, other, docs):
        with (
            serving([folder], data, WORDS) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            found = answered(client, question)["annotations"]
            cited.append({annotation["source"]["attribution"] for annotation in found})
    assert cited == [{"otters.md"}, {"herons.md"}, {"otters.md"}]
    assert "Reading" not in server.log.read_text()
