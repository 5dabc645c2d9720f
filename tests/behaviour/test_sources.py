"""Documents from many places, and from places that change: `chatkeep ingest` and `chatkeep serve` as run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.behaviour.test_cli import WORDS, chatkeep, found_in, search, the_one_line
from tests.git_server import commit
from tests.serving import Server, serving, wait_until_ready
from tests.sites import Answer, Site, site
from tests.wirings import Asking, answers_of

DEADLINE = 40.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "hr").mkdir(parents=True)
    (tmp_path / "docs" / "otters.md").write_text("# Otters\n\nOtters hold hands while they sleep.\n")
    (tmp_path / "docs" / "hr" / "pay.md").write_text("# Pay\n\nThe harbour master earns nine pearls.\n")
    return tmp_path / "docs"


@pytest.fixture
def running() -> Iterator[Site]:
    with site() as one:
        one.pages["/guide/"] = Answer("<title>Tides</title><p>Spring tides come twice a month.</p>")
        yield one


@pytest.fixture
def sources(docs: Path, running: Site, tmp_path: Path) -> dict[str, str]:
    """The environment in which a file names a folder, a labelled one in it, a repository and a site."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "README.md").write_text("# Knots\n\nA bowline never slips.\n")
    commit(repository)
    (repository / "untracked.md").write_text("Untracked words about granny knots.")
    (tmp_path / "sources.toml").write_text(
        f"""
        [[source]]
        path = "docs"

        [[source]]
        path = "docs/hr"
        labels = ["board"]

        [[source]]
        git = "repository"

        [[source]]
        url = "{running.url}/guide/"
        every = "10s"
        delay = 0
        """
    )
    return {
        "CHATKEEP_SOURCES": str(tmp_path / "sources.toml"),
        "CHATKEEP_EGRESS_ALLOW": f"127.0.0.1:{running.port}",
    }


def answer(asking: Asking, question: str) -> str:
    (item,) = answers_of(asking.ask(question))
    return "".join(part["text"] for part in item["content"])


def wait_for(server: Server, question: str, words: str, *, present: bool = True) -> str:
    """The first answer that has the words, or has not."""
    deadline = time.monotonic() + DEADLINE
    with httpx.Client(base_url=server.url, timeout=DEADLINE) as client:
        while time.monotonic() < deadline:
            found = answer(Asking(client), question)
            if (words in found) is present:
                return found
    raise AssertionError(f"{found!r}\n{server.log.read_text()}")


def test_all_that_is_configured_is_read_and_labels_hold(sources: dict[str, str], data: Path) -> None:
    done = chatkeep("ingest", "--data-dir", data, **sources)
    assert (done.returncode, done.stdout) == (0, "Documents: 4 added.\n"), done.stderr
    assert found_in("bowline", data) == {"README.md"}
    assert found_in("granny", data) == set()
    assert found_in("harbour master earns pearls", data) == set()  # whoever searches here bears no label
    assert found_in("spring tides", data) == {"index"}
    again = chatkeep("ingest", "--data-dir", data, **sources)
    assert again.stdout == "Documents: 4 unchanged.\n"


def test_a_folder_named_by_hand_does_not_lose_the_labels_inside_it(
    sources: dict[str, str], docs: Path, data: Path
) -> None:
    done = chatkeep("ingest", docs, "--data-dir", data, **sources)
    assert done.stdout == "Documents: 2 added.\n", done.stderr
    assert found_in("harbour master earns pearls", data) == set()


def test_a_site_can_be_named_by_hand(running: Site, data: Path) -> None:
    allowed = {"CHATKEEP_EGRESS_ALLOW": f"127.0.0.1:{running.port}"}
    done = chatkeep("ingest", f"{running.url}/guide/", "--data-dir", data, **allowed)
    assert done.stdout == "Documents: 1 added.\n", done.stderr
    (passage,) = search("spring tides", data)
    assert passage["title"] == "Tides"
    assert "/robots.txt" in running.paths_asked


def test_a_private_site_is_refused_with_the_setting_that_would_allow_it(running: Site, data: Path) -> None:
    done = chatkeep("ingest", f"{running.url}/guide/", "--data-dir", data)
    assert done.returncode == 1
    assert f"CHATKEEP_EGRESS_ALLOW=127.0.0.1:{running.port} would allow it" in done.stderr
    assert running.asked == []


def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, data: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\npath = "docs"\nlable = ["x"]\n')
    done = chatkeep("ingest", "--data-dir", data, CHATKEEP_SOURCES=str(tmp_path / "sources.toml"))
    assert "source 1: lable: is not known there" in the_one_line(done)
    assert "There is nothing to read." in the_one_line(chatkeep("ingest", "--data-dir", data))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_watches_answers_from_what_changed(
    workers: int, docs: Path, data: Path, request: pytest.FixtureRequest
) -> None:
    environment = dict(WORDS)
    if workers > 1:
        environment["CHATKEEP_REDIS_URL"] = request.getfixturevalue("redis_url")
    with serving([docs], data, environment, "--watch", "--workers", str(workers)) as server:
        wait_until_ready(server, workers)
        assert "hold hands" in wait_for(server, "What do otters do while they sleep?", "hands")
        (docs / "badgers.md").write_text("# Badgers\n\nBadgers dig setts with many entrances.\n")
        wait_for(server, "What do badgers dig?", "setts")
        (docs / "badgers.md").unlink()
        wait_for(server, "What do badgers dig?", "setts", present=False)
    # `serving` has looked at what blocked the loop meanwhile.


def test_a_server_reads_a_site_beside_answering_and_again_on_schedule(
    sources: dict[str, str], running: Site, data: Path
) -> None:
    with serving([], data, {**WORDS, **sources}) as server:
        wait_for(server, "How often do spring tides come?", "twice")
        running.pages["/guide/"] = Answer("<title>Tides</title><p>Spring tides come thrice a month.</p>")
        wait_for(server, "How often do spring tides come?", "thrice")


def test_ingest_goes_on_while_it_watches(docs: Path, data: Path) -> None:
    command = [sys.executable, "-m", "chatkeep", "ingest", "--watch", str(docs), "--data-dir", str(data)]
    environment = {**os.environ, **WORDS, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "Documents: 2 added.\n"
            said = changed_until_told(process, docs / "new.md")
            assert "added" in said
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
    assert "new.md" in found_in("Fresh words", data)


def changed_until_told(process: "subprocess.Popen[str]", file: Path) -> str:
    """Write `file` until the process says something: when its watch begins, nothing tells."""
    import selectors

    assert process.stdout is not None
    deadline = time.monotonic() + DEADLINE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        number: Any = 0
        while time.monotonic() < deadline:
            number += 1
            file.write_text(f"Fresh words, edition {number}.")
            if selector.select(2.0):
                return process.stdout.readline()
    raise AssertionError("it said nothing")
