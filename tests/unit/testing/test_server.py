"""The scripted server, as OpenAI's own client sees it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import openai
import pytest

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer, ToolCall, Usage, events

ASKED: Any = [{"role": "user", "content": "Hello?"}]
CALL = ToolCall("look_up", '{"word": "qdrant"}', "call_7")


@pytest.fixture
def server() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer() as running:
        yield running


@pytest.fixture
async def client(server: ScriptedModelServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="any", base_url=server.base_url, max_retries=0) as opened:
        yield opened


async def test_a_completion_streams_as_providers_stream_it(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply("Hello there, friend.", usage=Usage(5, 3)))
    stream = await client.chat.completions.create(
        model="m", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there, friend."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 5


async def test_usage_is_not_streamed_unless_asked_for(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply("Hello."))
    stream = await client.chat.completions.create(model="m", messages=ASKED, stream=True)
    assert all(chunk.usage is None for chunk in [chunk async for chunk in stream])


async def test_a_completion_s_tool_call_arrives_in_pieces(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply(tool_calls=[CALL]))
    async with client.chat.completions.stream(model="m", messages=ASKED) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.choices[0].message.tool_calls is not None
    call: Any = final.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == ("call_7", CALL.name, CALL.arguments)


async def test_a_response_streams_the_whole_sequence_of_typed_events(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply(chunks=["Hello ", "there."], reasoning="Hm.", tool_calls=[CALL], usage=Usage(5, 3)))
    stream = await client.responses.create(model="m", input="Hello?", stream=True)
    seen = [event async for event in stream]
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    names = [event.type.removeprefix("response.") for event in seen]
    assert names[:2] == ["created", "in_progress"]
    message = names[names.index("content_part.added") - 1 :]
    assert message == [
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.delta"),
        *("output_text.done", "content_part.done", "output_item.done", "output_item.added"),
        *("function_call_arguments.delta", "function_call_arguments.delta"),
        *("function_call_arguments.done", "output_item.done", "completed"),
    ]
    last: Any = seen[-1]
    assert last.response.output_text == "Hello there."
    assert [item.type for item in last.response.output] == ["reasoning", "message", "function_call"]
    assert last.response.output[2].arguments == CALL.arguments
    assert last.response.usage.total_tokens == 8


async def test_answers_need_not_be_streamed(server: ScriptedModelServer, client: openai.AsyncOpenAI) -> None:
    server.script(
        Reply("One.", reasoning="Hm.", reasoning_field="reasoning"), Reply("Two.", tool_calls=[CALL])
    )
    one = await client.chat.completions.create(model="m", messages=ASKED)
    two = await client.responses.create(model="m", input=ASKED)
    assert one.choices[0].message.content == "One."
    assert one.choices[0].message.model_extra == {"reasoning": "Hm."}
    assert two.output_text == "Two."


async def test_requests_are_recorded(server: ScriptedModelServer, client: openai.AsyncOpenAI) -> None:
    server.script(Reply("One."))
    await client.chat.completions.create(model="m", messages=ASKED)
    [request] = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer any"
    assert request.json["messages"] == ASKED


async def test_a_function_answers_when_the_script_is_used_up() -> None:
    with ScriptedModelServer(lambda request: Reply(f"You sent {request.json['input']}")) as server:
        async with openai.AsyncOpenAI(api_key="any", base_url=server.base_url) as client:
            answer = await client.responses.create(model="m", input="this")
    assert answer.output_text == "You sent this"


async def test_an_empty_script_says_so(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="script is empty"):
        await client.responses.create(model="m", input="this")


async def test_errors_are_worded_as_openai_words_them(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply(fail=Fault.http(429, "Slow down.", code="rate_limit_exceeded")))
    with pytest.raises(openai.RateLimitError) as caught:
        await client.chat.completions.create(model="m", messages=ASKED, stream=True)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.body == {
        "message": "Slow down.",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.cut(1), openai.APIConnectionError), (Fault.malformed(1), json.JSONDecodeError)],
)
async def test_a_stream_breaks_after_the_chunks_asked_for(
    server: ScriptedModelServer, client: openai.AsyncOpenAI, fault: Fault, error: type[Exception]
) -> None:
    server.script(Reply(chunks=["One ", "two."], fail=fault))
    stream = await client.chat.completions.create(model="m", messages=ASKED, stream=True)
    heard: list[str] = []

    async def listen() -> None:
        async for chunk in stream:
            heard.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - kept when it breaks

    with pytest.raises(error):
        await listen()
    assert "".join(heard) == "One "


async def test_a_client_that_gives_up_is_noticed(
    server: ScriptedModelServer, client: openai.AsyncOpenAI
) -> None:
    server.script(Reply("Never.", fail=Fault.hang()))
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.2).chat.completions.create(model="m", messages=ASKED)
    assert await asyncio.to_thread(server.requests[0].disconnected.wait, 10)


async def test_a_gate_lets_chunks_pass_one_by_one(server: ScriptedModelServer) -> None:
    server.script(Reply(chunks=["One ", "two ", "three."], gate=(gate := Gate())))
    body = {"model": "m", "input": "Count.", "stream": True}
    heard: list[str] = []
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("POST", f"{server.base_url}/responses", json=body) as response,
    ):
        gate.step()
        async for event in events(response):
            if event["type"] == "response.output_text.delta":
                heard.append(event["delta"])
                assert server.requests[0].finished.is_set() is False or len(heard) == 3
                gate.step() if len(heard) == 1 else gate.open()
    assert heard == ["One ", "two ", "three."]


def test_a_server_stops_while_a_reply_hangs() -> None:
    with ScriptedModelServer() as server:
        server.script(Reply("Never.", gate=Gate()))
        body = {"model": "m", "input": "Wait.", "stream": True}
        with (
            httpx.Client(timeout=10) as client,
            client.stream("POST", f"{server.base_url}/responses", json=body),
        ):
            pass
    assert server.requests[0].finished.is_set()


async def test_embeddings_depend_on_the_words_alone(client: openai.AsyncOpenAI) -> None:
    answer = await client.embeddings.create(
        model="m", input=["a red house", "House, red!", "nothing of the kind"], encoding_format="float"
    )
    one, two, three = (item.embedding for item in answer.data)
    assert sum(x * x for x in one) == pytest.approx(1)
    near = sum(x * y for x, y in zip(one, two, strict=True))
    far = sum(x * y for x, y in zip(one, three, strict=True))
    assert near > 0.7 > 0.5 > far


async def test_embeddings_come_as_base64_too(client: openai.AsyncOpenAI) -> None:
    plain = await client.embeddings.create(model="m", input="a house", encoding_format="float")
    coded = await client.embeddings.create(model="m", input="a house")  # the client asks for base64
    assert coded.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)


async def test_speech_is_heard_and_models_are_listed(client: openai.AsyncOpenAI) -> None:
    heard = await client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF"))
    assert heard.text == "What does the manual say?"
    assert [model.id async for model in client.models.list()] == ["scripted"]
