import httpx2
import openai
import pytest
from pydantic import SecretStr

from chatkeep.agents.failures import Source, translate
from chatkeep.core.errors import ModelFailed

SOURCE = Source("OpenAI", "gpt", 5, "OPENAI_API_KEY", "OPENAI_DEFAULT_MODEL", SecretStr("hunter2-hunter2"))
REQUEST = httpx2.Request("POST", "https://api.example.com")


def refused(status: int, body: object) -> openai.APIStatusError:
    response = httpx2.Response(status, request=REQUEST, headers={"x-secret": "header-secret"})
    return openai.APIStatusError("no", response=response, body=body)


@pytest.mark.parametrize(
    "words",
    [
        "sk-proj-Abc_123-xyz",
        "sk-ab***********yz",
        "AIzaSyA1234567890abcdef",
        "Bearer abc.def",
        "hunter2-hunter2",
    ],
)
def test_nothing_like_a_key_is_quoted(words: str) -> None:
    said = str(translate(refused(400, {"message": f"Bad {words} here"}), SOURCE, begun=False))
    assert "Bad" in said
    assert words.removeprefix("Bearer ") not in said
    assert "header-secret" not in said


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Too long."}},
        {"message": "Too long."},
        {"error": "Too long."},
        [{"error": {"message": "Too long."}}],
    ],
)
def test_the_provider_s_sentence_is_found_in_every_known_shape(body: object) -> None:
    assert "“Too long.”" in str(translate(refused(400, body), SOURCE, begun=False))


def test_a_page_of_text_is_cut_to_a_line() -> None:
    said = str(translate(refused(500, {"message": "word\n" * 1000}), SOURCE, begun=False))
    assert len(said) < 400
    assert "\n" not in said


def test_where_it_broke_is_said() -> None:
    lost = openai.APIConnectionError(request=REQUEST)
    assert "cannot be reached" in str(translate(lost, SOURCE, begun=False))
    assert "middle of the answer" in str(translate(lost, SOURCE, begun=True))


def test_our_own_failure_passes_unchanged() -> None:
    failure = ModelFailed("As it is.", retryable=False)
    assert translate(failure, SOURCE, begun=False) is failure


def test_what_nobody_foresaw_is_still_a_sentence() -> None:
    assert "KeyError" in str(translate(KeyError("choices"), SOURCE, begun=False))
