"""Our own Chat Completions model against a real HTTP server that speaks every provider's dialect."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import agents as sdk
import pytest
from agents.models.interface import ModelTracing
from openai.types import responses
from pydantic import SecretStr

from chatkeep.agents.completion_stream import ProviderError
from chatkeep.agents.completions import ChatCompletionsModel, Refused
from chatkeep.agents.http_client import ConnectionFailed
from chatkeep.agents.pacing import Pacer
from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer, ToolCall, Usage

ASKED: Any = [{"role": "user", "content": "Hello?"}]
QUICKLY = {"retry-after-ms": "1"}


@pytest.fixture
def server() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer() as running:
        yield running


@pytest.fixture
async def model(server: ScriptedModelServer) -> AsyncIterator[ChatCompletionsModel]:
    opened = ChatCompletionsModel("scripted", server.base_url, SecretStr("sk-any"), 20.0)
    yield opened
    await opened.aclose()


def stream(
    model: ChatCompletionsModel, settings: sdk.ModelSettings | None = None, asked: Any = ASKED
) -> AsyncIterator[Any]:
    return model.stream_response(
        "Be brief.", asked, settings or sdk.ModelSettings(), [], None, [], ModelTracing.DISABLED
    )


async def events(model: ChatCompletionsModel, settings: sdk.ModelSettings | None = None) -> list[Any]:
    async with asyncio.timeout(30):
        return [event async for event in stream(model, settings)]


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c-1", "choices": [choice], **more}).encode() + b"\n\n"


STOP = chunk({}, "stop")
DONE = b"data: [DONE]\n\n"


def call_piece(index: int | None = None, call_id: str = "", **function: Any) -> dict[str, Any]:
    piece: dict[str, Any] = {"function": function}
    if index is not None:
        piece["index"] = index
    if call_id:
        piece["id"] = call_id
    return {"tool_calls": [piece]}


NAMED = call_piece(0, "c1", name="look_up", arguments="")


def text_of(seen: Sequence[Any]) -> str:
    return "".join(event.delta for event in seen if event.type == "response.output_text.delta")


def calls_of(seen: Sequence[Any]) -> list[tuple[str, str]]:
    output = seen[-1].response.output
    return [(item.name, item.arguments) for item in output if item.type == "function_call"]


async def test_an_answer_is_told_in_the_order_of_the_responses_api(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    call = ToolCall("look_up", '{"word": "x"}', "call_7")
    server.script(Reply("Hello there.", reasoning="Hm.", tool_calls=[call], usage=Usage(5, 3)))
    seen = await events(model, sdk.ModelSettings(include_usage=True))
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    told = [event.type.removeprefix("response.") for event in seen]
    once = [name for n, name in enumerate(told) if told[n - 1] != name]
    assert once == [
        "created",
        *("output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta"),
        *("output_item.added", "function_call_arguments.delta"),
        *("content_part.done", "output_item.done"),
        *("function_call_arguments.done", "output_item.done"),
        "completed",
    ]
    response = seen[-1].response
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output[2].call_id == "call_7"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (5, 3)


async def test_every_item_has_an_id_of_its_own(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    reply = Reply("Hello.", reasoning="Hm.", tool_calls=[ToolCall("a"), ToolCall("b")])
    server.script(reply, reply)
    seen = [*await events(model), *await events(model)]
    added = [event.item.id for event in seen if event.type == "response.output_item.added"]
    done = [event.item.id for event in seen if event.type == "response.output_item.done"]
    assert len(set(added)) == len(added) == 8
    assert sorted(done) == sorted(added)
    assert {event.item_id for event in seen if hasattr(event, "item_id")} <= set(added)
    assert "__fake_id__" not in str(seen)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_reasoning_is_found_in_either_field(
    server: ScriptedModelServer, model: ChatCompletionsModel, field: Any
) -> None:
    server.script(Reply("Yes.", reasoning="Let me see.", reasoning_field=field))
    seen = await events(model)
    thoughts, message = seen[-1].response.output
    assert isinstance(thoughts, responses.ResponseReasoningItem)
    assert [part.text for part in thoughts.content or thoughts.summary] == ["Let me see."]
    told = [event.delta for event in seen if "reasoning" in event.type and event.type.endswith("delta")]
    assert told == ["Let me see."]
    assert message.content[0].text == "Yes."


async def test_a_provider_that_sends_both_fields_is_heard_once(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    both = chunk({"reasoning": "Hm.", "reasoning_content": "Hm."})
    server.script(Reply(raw=[both, chunk({"content": "Yes."}), STOP, DONE]))
    seen = await events(model)
    assert [event.delta for event in seen if event.type.endswith("_text.delta")] == ["Hm.", "Yes."]


async def test_bytes_may_be_cut_anywhere(server: ScriptedModelServer, model: ChatCompletionsModel) -> None:
    gate = Gate()
    body = (
        b": OPENROUTER PROCESSING\r\n\r\n" + 'data: {"choices":[{"delta":{"content":"ä€🙂"}}]}\r\n'.encode()
    )
    body += chunk({"content": " and LF"}) + STOP + DONE
    server.script(Reply(raw=[body[n : n + 7] for n in range(0, len(body), 7)], gate=gate))
    gate.open()
    assert text_of(await events(model)) == "ä€🙂 and LF"


async def test_text_in_parts_is_text(server: ScriptedModelServer, model: ChatCompletionsModel) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    parts = [chunk({"content": [thinking]}), chunk({"content": [{"type": "text", "text": "Yes."}]})]
    server.script(Reply(raw=[*parts, STOP, DONE]))
    seen = await events(model)
    assert text_of(seen) == "Yes."
    assert seen[-1].response.output[0].summary[0].text == "Hm."


async def test_what_arrives_together_is_one_delta(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    words = b"".join(chunk({"content": word}) for word in ("One ", "two ", "", "three."))
    server.script(Reply(raw=[words + STOP + DONE]))
    deltas = [event.delta for event in await events(model) if event.type == "response.output_text.delta"]
    assert deltas == ["One two three."]


@pytest.mark.parametrize(
    "pieces",
    [
        [NAMED, call_piece(0, arguments='{"a":'), call_piece(0, arguments="1}")],
        [call_piece(0, "c1", name="look_"), call_piece(0, name="up"), call_piece(0, arguments='{"a":1}')],
        [call_piece(0, "c1", name="look_up", arguments='{"a":1}')],
        [call_piece(None, "c1", name="look_up", arguments='{"a":1}')],
        [call_piece(0, "c1", name="look_up", arguments=part) for part in ('{"a"', ":1}")],
        [call_piece(0, "c1", name="look_up", arguments={"a": 1})],
        [call_piece(0, "", name="look_up", arguments='{"a":1}')],
    ],
    ids=["pieces", "name in pieces", "whole", "no index", "all repeated", "an object", "no id"],
)
async def test_a_tool_call_is_put_together(
    server: ScriptedModelServer, model: ChatCompletionsModel, pieces: list[dict[str, Any]]
) -> None:
    server.script(Reply(raw=[*map(chunk, pieces), chunk({}, "tool_calls"), DONE]))
    seen = await events(model)
    assert calls_of(seen) == [("look_up", '{"a":1}')]
    assert seen[-1].response.output[0].call_id.startswith("c")
    added = [event.item for event in seen if event.type == "response.output_item.added"]
    assert [item.name for item in added] == ["look_up"]


@pytest.mark.parametrize(
    "pieces",
    [
        [
            *(call_piece(0, "c1", name="a"), call_piece(1, "c2", name="b")),
            *(call_piece(0, arguments="{}"), call_piece(1, arguments="[]")),
        ],
        [call_piece(0, "c1", name="a", arguments="{}"), call_piece(0, "c2", name="b", arguments="[]")],
    ],
    ids=["interleaved", "all numbered 0"],
)
async def test_several_tool_calls_are_kept_apart(
    server: ScriptedModelServer, model: ChatCompletionsModel, pieces: list[dict[str, Any]]
) -> None:
    server.script(Reply(raw=[*map(chunk, pieces), chunk({}, "tool_calls"), DONE]))
    seen = await events(model)
    assert calls_of(seen) == [("a", "{}"), ("b", "[]")]
    assert [item.call_id for item in seen[-1].response.output] == ["c1", "c2"]


async def test_usage_is_read_wherever_it_comes(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    counts = [{"prompt_tokens": 9, "completion_tokens": n, "total_tokens": 9 + n} for n in (1, 2)]
    details = {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    raw = [chunk({"content": "a"}, usage=counts[0]), chunk({}, "stop", usage={**counts[1], **details}), DONE]
    server.script(Reply(raw=raw))
    usage = (await events(model))[-1].response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (9, 2, 11)
    assert usage.input_tokens_details.cached_tokens == 4
    assert usage.output_tokens_details.reasoning_tokens == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"error": {"message": "Overloaded.", "code": 502}}, "Overloaded."),
        ({"error": "Overloaded."}, "Overloaded."),
        ({"choices": [{"delta": {}, "error": {"message": "Overloaded."}}]}, "Overloaded."),
        ([1], "not made of JSON objects"),
    ],
)
async def test_an_error_in_mid_stream_has_the_provider_s_words(
    server: ScriptedModelServer, model: ChatCompletionsModel, error: Any, words: str
) -> None:
    said = b"data: " + json.dumps(error).encode() + b"\n\n"
    server.script(Reply(raw=[chunk({"content": "One "}) + said]))
    seen: list[Any] = []

    async def listen() -> None:
        async for event in stream(model):
            seen.append(event)  # noqa: PERF401 - kept when it fails

    with pytest.raises(ProviderError, match=words):
        await listen()
    assert text_of(seen) == "One "  # what came before in the same read is not lost


@pytest.mark.parametrize(("reason", "said"), [("length", "max_output_tokens"), ("content_filter",) * 2])
async def test_an_answer_cut_short_is_incomplete(
    server: ScriptedModelServer, model: ChatCompletionsModel, reason: str, said: str
) -> None:
    server.script(Reply(raw=[chunk({"content": "One"}), chunk({}, reason), DONE]))
    last = (await events(model))[-1]
    assert isinstance(last, responses.ResponseIncompleteEvent)
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == said


@pytest.mark.parametrize(
    ("ending", "complete"),
    [([], False), ([STOP], True), ([DONE], True), ([STOP.rstrip()], True)],
    ids=["nothing", "a reason", "[DONE]", "a reason without a line's end"],
)
async def test_an_answer_is_complete_when_the_provider_says_so(
    server: ScriptedModelServer, model: ChatCompletionsModel, ending: list[bytes], complete: bool
) -> None:
    server.script(Reply(raw=[chunk({"content": "One"}), *ending]))
    assert ((await events(model))[-1].type == "response.completed") is complete


async def test_other_choices_are_answers_nobody_asked_for(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    both = {"choices": [{"index": 1, "delta": {"content": "B"}}, {"index": 0, "delta": {"content": "A"}}]}
    server.script(Reply(raw=[b"data: " + json.dumps(both).encode() + b"\n\n", STOP, DONE]))
    assert text_of(await events(model)) == "A"


async def test_an_answer_that_is_not_streamed_is_the_same_answer(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    call = ToolCall("look_up", "{}", "call_7", signature="sig")
    server.script(Reply("Hello.", reasoning="Hm.", tool_calls=[call], usage=Usage(5, 3)))
    response = await model.get_response(
        "Be brief.", ASKED, sdk.ModelSettings(), [], None, [], ModelTracing.DISABLED
    )
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert (response.usage.requests, response.usage.input_tokens) == (1, 5)
    assert "stream" not in server.requests[0].json


@sdk.function_tool
def look_up(word: str) -> str:
    """Look a word up."""
    return f"{word}: a thing"


async def test_what_came_with_a_tool_call_goes_back_with_it(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    details = [{"type": "reasoning.encrypted", "index": 0, "data": "opaque"}]
    asks = call_piece(0, "c1", name="look_up", arguments='{"word": "quay"}')
    asks["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "sig-1"}}
    server.script(
        Reply(raw=[chunk({"reasoning_details": details}), chunk(asks), chunk({}, "tool_calls"), DONE]),
        Reply(tool_calls=[ToolCall("look_up", '{"word": "pier"}', "c2", signature="sig-2")]),
        Reply("Both are things."),
    )
    agent = sdk.Agent(name="a", instructions="Be brief.", model=model, tools=[look_up])
    result = sdk.Runner.run_streamed(agent, "What?", run_config=sdk.RunConfig(tracing_disabled=True))
    async with asyncio.timeout(30):
        async for _ in result.stream_events():
            pass
    assert result.final_output == "Both are things."
    body: Any = server.requests[-1].json
    made = [message for message in body["messages"] if message.get("tool_calls")]
    signatures = [message["tool_calls"][0]["extra_content"]["google"] for message in made]
    assert signatures == [{"thought_signature": "sig-1"}, {"thought_signature": "sig-2"}]
    assert made[0]["reasoning_details"] == details
    assert "reasoning_details" not in made[1]
    assert "__fake_id__" not in str(body)


async def test_what_came_from_another_model_stays_here(server: ScriptedModelServer) -> None:
    """A signature means something to the model that made it, and to no other."""
    call = {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": "{}"}
    data = {"model": "another", "extra_content": {"google": {"thought_signature": "sig"}}}
    output = {"type": "function_call_output", "call_id": "c1", "output": "x"}
    server.script(Reply("Yes."))
    model = ChatCompletionsModel("scripted", server.base_url, SecretStr("sk-any"), 20.0)
    try:
        async for _ in stream(model, asked=[*ASKED, {**call, "provider_data": data}, output]):
            pass
    finally:
        await model.aclose()
    assert "sig" not in json.dumps(server.requests[0].json)


async def test_settings_are_sent_as_the_sdk_s_own_model_sends_them(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    import openai

    settings = sdk.ModelSettings(
        temperature=0.1,
        top_p=0.9,
        frequency_penalty=0.2,
        presence_penalty=0.3,
        max_tokens=99,
        tool_choice="look_up",
        parallel_tool_calls=False,
        store=False,
        include_usage=True,
        reasoning=openai.types.Reasoning(effort="low"),
        verbosity="low",
        top_logprobs=2,
        metadata={"a": "b"},
        extra_body={"provider": {"order": ["x"]}},
        extra_args={"seed": 7},
        extra_headers={"X-Title": "chatkeep"},
        extra_query={"api-version": "1"},
    )
    handoff = sdk.handoff(sdk.Agent(name="Other"))
    schema = sdk.AgentOutputSchema(dict[str, int], strict_json_schema=False)
    history: Any = [*ASKED, {"role": "assistant", "content": "Hi."}, {"role": "user", "content": "Well?"}]
    asked: Any = ("Be brief.", history, settings, [look_up], schema, [handoff], ModelTracing.DISABLED)
    server.script(Reply("Yes."), Reply("Yes."))
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url) as client:
        theirs: Any = sdk.OpenAIChatCompletionsModel("scripted", client)
        async for _ in theirs.stream_response(
            *asked, previous_response_id=None, conversation_id=None, prompt=None
        ):
            pass
    async for _ in model.stream_response(*asked):
        pass
    expected, sent = server.requests
    assert sent.json == expected.json
    assert sent.headers["x-title"] == expected.headers["x-title"]
    assert sent.headers["authorization"] == expected.headers["authorization"]
    with pytest.raises(TypeError, match="temperature"):
        await events(model, sdk.ModelSettings(temperature=1.0, extra_args={"temperature": 2.0}))


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_what_may_pass_is_tried_again(
    server: ScriptedModelServer, model: ChatCompletionsModel, status: int
) -> None:
    server.script(*[Reply(fail=Fault.http(status, headers=QUICKLY))] * 2, Reply("Yes."))
    assert text_of(await events(model)) == "Yes."


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        (Fault.http(400), 1),
        (Fault.http(401), 1),
        (Fault.http(302, headers={"location": "http://127.0.0.1:9/"}), 1),
        (Fault.http(500, headers={"x-should-retry": "false"}), 1),
        (Fault.http(429, headers={"retry-after": "3600"}), 1),
        (Fault.http(400, headers={"x-should-retry": "true", **QUICKLY}), 3),
        (Fault.http(500, headers=QUICKLY), 3),
    ],
)
async def test_what_will_not_pass_is_said_at_once(
    server: ScriptedModelServer, model: ChatCompletionsModel, fault: Fault, requests: int
) -> None:
    server.script(*[Reply(fail=fault)] * 3)
    with pytest.raises(Refused) as refused:
        await events(model)
    assert refused.value.status == fault.status
    assert len(server.requests) == requests


async def test_a_server_that_is_not_there_cannot_be_reached() -> None:
    with ScriptedModelServer() as server:
        gone = server.base_url
    model = ChatCompletionsModel("scripted", gone, SecretStr("sk-any"), 20.0)
    try:
        with pytest.raises(ConnectionFailed):
            await events(model)
    finally:
        await model.aclose()


async def test_a_long_page_of_error_is_not_read_to_its_end(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    server.script(Reply(fail=Fault.http(400, "x" * 1_000_000)))
    with pytest.raises(Refused) as refused:
        await events(model)
    assert 1000 < len(refused.value.body) <= 64 * 1024


async def test_connections_are_used_again(server: ScriptedModelServer, model: ChatCompletionsModel) -> None:
    server.script(*[Reply("One two three.")] * 3)
    for _ in range(3):
        await events(model)
    assert len({request.port for request in server.requests}) == 1


async def test_a_stream_that_is_left_is_hung_up(
    server: ScriptedModelServer, model: ChatCompletionsModel
) -> None:
    server.script(Reply(chunks=["One ", "two."], gate=(gate := Gate())))
    gate.step()
    leaving: Any = stream(model)
    async for event in leaving:
        if event.type == "response.output_text.delta":
            break
    await leaving.aclose()
    assert await asyncio.to_thread(server.requests[0].disconnected.wait, 10)


class Frozen:
    """A clock that stands still: a process that is busy stays busy."""

    def __call__(self) -> float:
        return 1.0


@pytest.fixture
async def busy(server: ScriptedModelServer) -> AsyncIterator[ChatCompletionsModel]:
    pacer = Pacer(Frozen())
    pacer.arrived(100_000)
    opened = ChatCompletionsModel("scripted", server.base_url, SecretStr("sk-any"), 20.0, pacer=pacer)
    yield opened
    await opened.aclose()


async def test_a_busy_process_reads_less_often_and_loses_nothing(
    server: ScriptedModelServer, busy: ChatCompletionsModel
) -> None:
    words = [f"word{n} " for n in range(400)]
    server.script(Reply(chunks=words, delay_between=0.0005), Reply("Again."))
    seen = await events(busy)
    assert text_of(seen) == "".join(words)
    deltas = [event for event in seen if event.type == "response.output_text.delta"]
    assert len(deltas) < len(words) / 4
    assert text_of(await events(busy)) == "Again."  # on the connection that was held


async def test_a_held_stream_is_left_at_once(server: ScriptedModelServer, busy: ChatCompletionsModel) -> None:
    server.script(Reply(chunks=["One ", "two."], gate=(gate := Gate())))
    gate.step()
    heard = asyncio.Event()

    async def listen() -> None:
        async for event in stream(busy):
            if event.type == "response.output_text.delta":
                heard.set()

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(heard.wait(), 10)
    listening.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert listening.done()
    assert await asyncio.to_thread(server.requests[0].disconnected.wait, 10)


async def test_a_proxy_of_the_environment_is_asked(
    server: ScriptedModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a company's proxy nothing else can be reached. To us it is a server asked by full address."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.script(Reply("Yes."))
    behind = ChatCompletionsModel("scripted", "http://model.invalid/v1", SecretStr("sk-any"), 20.0)
    try:
        assert text_of(await events(behind)) == "Yes."
    finally:
        await behind.aclose()
    assert server.requests[0].headers["host"] == "model.invalid"


@pytest.mark.parametrize(("sent", "complete"), [(1, False), (2, True)])
async def test_silence_after_the_end_spoils_nothing(
    server: ScriptedModelServer, sent: int, complete: bool
) -> None:
    """Some servers forget `[DONE]` and leave the connection open."""
    server.script(Reply(raw=[chunk({"content": "One"}), STOP, DONE], fail=Fault.hang(sent)))
    impatient = ChatCompletionsModel("scripted", server.base_url, SecretStr("sk-any"), 0.3)
    seen: list[Any] = []

    async def listen() -> None:
        async for event in stream(impatient):
            seen.append(event)  # noqa: PERF401 - kept when it fails

    try:
        if complete:
            await listen()
        else:
            with pytest.raises(TimeoutError):
                await listen()
    finally:
        await impatient.aclose()
    assert text_of(seen) == "One"
    assert (seen[-1].type == "response.completed") is complete
