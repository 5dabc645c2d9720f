from typing import Any

import pytest

from chatkeep.testing.strictness import refuse_completion, refuse_response

USER = {"role": "user", "content": "Hello?"}
CALLS = {"role": "assistant", "tool_calls": [{"id": "call_1"}]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "42"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "42"}


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [USER, {"role": "assistant", "content": "Yes."}, USER],
        [USER, {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}, USER],
        [USER, CALLS, RESULT, USER],
    ],
)
def test_sound_completions_pass(messages: list[Any]) -> None:
    assert refuse_completion({"model": "m", "messages": messages}) is None


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([USER, {"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}], "'output_text'"),
        ([USER, RESULT], "must be a response to a preceeding message"),
        ([USER, CALLS, USER], "did not have response messages: call_1"),
        ([USER, CALLS], "did not have response messages: call_1"),
        ([USER, CALLS, RESULT, CALLS, RESULT], "Duplicate value"),
        ([], "'messages'"),
    ],
)
def test_unsound_completions_are_refused(messages: list[Any], words: str) -> None:
    assert words in (refuse_completion({"model": "m", "messages": messages}) or "")


@pytest.mark.parametrize("items", ["Hello?", [USER], [USER, CALL, OUTPUT], [{**USER, "id": "msg_1"}]])
def test_sound_responses_pass(items: Any) -> None:
    assert refuse_response({"model": "m", "input": items}) is None


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([{**USER, "id": "__fake_id__"}], "'input[0].id': '__fake_id__'"),
        ([{**USER, "id": "msg_1"}, {**USER, "id": "msg_1"}], "Duplicate item"),
        ([USER, OUTPUT], "No tool call found"),
        ([USER, CALL], "No tool output found"),
        ([{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}], "'input_text'"),
        ([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}], "'output_text'"),
        ([], "'input'"),
    ],
)
def test_unsound_responses_are_refused(items: Any, words: str) -> None:
    assert words in (refuse_response({"model": "m", "input": items}) or "")


def test_a_model_must_be_named() -> None:
    assert refuse_response({"input": "Hello?"})
    assert refuse_completion({"messages": [USER]})
