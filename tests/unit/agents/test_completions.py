from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from yarl import URL

from chatkeep.agents.completions import find_proxy, pause_before
from chatkeep.core.errors import ConfigurationError

PROVIDER = URL("https://api.example.com/v1/chat/completions")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_a_proxy_the_provider_is_asked_directly() -> None:
    assert find_proxy(PROVIDER) is None


@pytest.mark.parametrize(
    ("variable", "value", "proxy"),
    [
        ("HTTPS_PROXY", "http://me:pw@proxy.example.com:3128", "http://me:pw@proxy.example.com:3128"),
        ("ALL_PROXY", "proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("HTTP_PROXY", "http://proxy.example.com:3128", None),
    ],
)
def test_the_environment_s_proxy_is_used(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, proxy: str | None
) -> None:
    monkeypatch.setenv(variable, value)
    assert find_proxy(PROVIDER) == proxy


def test_a_host_that_needs_no_proxy_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.example.com")
    assert find_proxy(PROVIDER) is None


def test_a_proxy_of_another_kind_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hunter2@proxy.example.com:1080")
    with pytest.raises(ConfigurationError, match="socks5") as refused:
        find_proxy(PROVIDER)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "-1"}, 0),
    ],
)
def test_a_server_s_own_pause_is_kept(headers: dict[str, str], seconds: float) -> None:
    assert pause_before(0, headers) == seconds


def test_a_pause_may_be_a_date() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < pause_before(0, {"retry-after": until}) <= 30


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}])
def test_pauses_grow_up_to_a_limit(headers: dict[str, str]) -> None:
    assert all(0.375 <= pause_before(0, headers) <= 0.5 for _ in range(50))
    assert all(6.0 <= pause_before(7, headers) <= 8.0 for _ in range(50))
