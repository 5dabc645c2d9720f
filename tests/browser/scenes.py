"""What is said and shown in the documentation's pictures."""

import base64
import json
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageItem,
    CustomSummary,
    CustomTask,
    DurationSummary,
    FileSource,
    FileTask,
    InferenceOptions,
    Page,
    SearchTask,
    ThoughtTask,
    Thread,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    ThreadStreamEvent,
    URLSource,
    UserMessageItem,
    UserMessageTextContent,
    Workflow,
    WorkflowItem,
)
from playwright.sync_api import FilePayload
from pydantic import BaseModel

QUESTION = "I arrive on Sunday. What does a berth cost, and when can I buy diesel?"
ANSWER = """\
A visitor's berth costs **3.20 euros a metre and night**, water and showers included [1]. Electricity is \
4 euros a night, paid at the post [1].

Diesel is sold at the fuel dock, on Sundays **from 10:00 to 14:00** [2]. Before you come in:

1. Call the harbour master on channel 12 [4].
2. Line up the two leading lights on 127 degrees [4].
3. Keep the green buoy to starboard [4].

| Ashore in winter | Price |
|---|---|
| up to 8 m | 640 euros |
| 8 to 11 m | 910 euros |
"""
FIRST_WORDS = 30
LAST_OF_FIRST_WORDS = "Diesel is sold"

QUESTIONS = (
    "When may I cross the bar?",
    "What does winter storage cost for ten metres?",
    "Where can I buy petrol?",
    "Which channel is the harbour master on?",
)

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <style>html, body { height: 100%; margin: 0; }</style>
    <script src="/chatkit.js" defer></script>
  </head>
  <body>
    <openai-chatkit></openai-chatkit>
    <script type="module">
      await customElements.whenDefined('openai-chatkit');
      document.querySelector('openai-chatkit').setOptions(OPTIONS);
    </script>
  </body>
</html>
"""


def _options(**more: Any) -> str:
    upload = {"type": "direct", "uploadUrl": "/upload"}
    api = {"url": "/chatkit", "domainKey": "local", "uploadStrategy": upload}
    return json.dumps({"api": api, "threadItemActions": {"feedback": True, "retry": True}, **more})


def plain_options() -> str:
    return _options(composer={"placeholder": "Ask a question…"})


ARABIC_QUESTION = "كم يكلف رسو قارب زائر؟"
ARABIC_TITLE = "تكلفة الرسو"
_ARABIC_COST = "يكلف الرسو **3.20 يورو للمتر في الليلة**، ويشمل ذلك الماء والاستحمام"
_ARABIC_REST = """.

1. اتصل بمدير الميناء على القناة 12.
2. تُدفع الكهرباء عند العمود: 4 يورو في الليلة.

| الشتاء على اليابسة | السعر |
|---|---|
| حتى 8 أمتار | 640 يورو |
| من 8 إلى 11 مترًا | 910 يورو |
"""


def arabic_options() -> str:
    return _options(locale="ar", header={"title": {"enabled": True}})


def attachment_options() -> str:
    return _options(
        startScreen={"greeting": "Ask about your files"},
        composer={"placeholder": "Ask a question…", "attachments": {"enabled": True}},
    )


def _png(width: int, height: int) -> bytes:
    """A picture of a sea under a sky."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def pixel(x: int, y: int) -> bytes:
        wave = (x * 7 + y * 13) % 23 < 4
        sea = (34, 100 + y // 2, 150) if not wave else (70, 140, 180)
        return bytes((170 + y, 205, 235) if y < height * 0.55 else sea)

    rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PICTURE = _png(64, 64)
FILES: list[FilePayload] = [
    {"name": "harbour.png", "mimeType": "image/png", "buffer": PICTURE},
    {"name": "harbour-fees.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"},
]
UPLOADS: list[dict[str, Any]] = [
    {
        "id": "atc_1",
        "type": "image",
        "name": "harbour.png",
        "mime_type": "image/png",
        "preview_url": "data:image/png;base64," + base64.b64encode(PICTURE).decode(),
    },
    {"id": "atc_2", "type": "file", "name": "harbour-fees.pdf", "mime_type": "application/pdf"},
]

WORKFLOW_QUESTION = "May I cross the bar tonight?"


def workflow() -> str:
    """The stream of an answer that was thought about and worked for, as another assistant might send it."""
    text = (
        "**Yes, between 20:40 and 00:40.** High water is at 22:40, and the bar may be crossed within two "
        "hours of it, by day and by night, as long as the wind is below force 6."
    )
    tasks = Workflow(
        type="custom",
        tasks=[
            CustomTask(title="Read the question", icon="search", status_indicator="complete"),
            SearchTask(
                title="Looked up tonight's tides",
                title_query="tides tonight",
                queries=["high water tonight", "wind forecast"],
                sources=[URLSource(title="Tide tables", url="https://tides.example/tonight")],
                status_indicator="complete",
            ),
            FileTask(
                title="Read the harbour's rules",
                sources=[FileSource(title="Tides and the bar", filename="tides.html")],
                status_indicator="complete",
            ),
        ],
        summary=CustomSummary(title="Looked into tides and rules", icon="compass"),
        expanded=True,
    )
    thoughts = Workflow(
        type="reasoning",
        tasks=[ThoughtTask(title="Which rule holds", content="Two hours either side of high water.")],
        summary=DurationSummary(duration=7),
    )
    said = _said(text, "Tides and the bar", "tides.html", text.index(" High water"))
    return _stream(
        *_asked(WORKFLOW_QUESTION, "Crossing the bar"),
        ThreadItemDoneEvent(item=WorkflowItem(workflow=thoughts, **_item("wf_1"))),
        ThreadItemDoneEvent(item=WorkflowItem(workflow=tasks, **_item("wf_2"))),
        ThreadItemDoneEvent(item=said),
    )


def arabic() -> str:
    """The stream of an answer in Arabic."""
    said = _said(_ARABIC_COST + _ARABIC_REST, "أماكن الرسو", "moorings.md", len(_ARABIC_COST))
    return _stream(*_asked(ARABIC_QUESTION, ARABIC_TITLE), ThreadItemDoneEvent(item=said))


def _asked(question: str, title: str) -> tuple[ThreadStreamEvent, ThreadStreamEvent]:
    asked = UserMessageItem(
        content=[UserMessageTextContent(text=question)],
        attachments=[],
        inference_options=InferenceOptions(),
        **_item("msg_1"),
    )
    thread = Thread(id="thr_1", created_at=_NOW, title=title, items=Page())
    return ThreadCreatedEvent(thread=thread), ThreadItemDoneEvent(item=asked)


def _said(text: str, title: str, file: str, index: int) -> AssistantMessageItem:
    source = URLSource(title=title, url="/sources/none", attribution=file)
    content = AssistantMessageContent(text=text, annotations=[Annotation(source=source, index=index)])
    return AssistantMessageItem(content=[content], **_item("msg_2"))


_NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def _item(item_id: str) -> dict[str, Any]:
    return {"id": item_id, "thread_id": "thr_1", "created_at": _NOW}


def _stream(*events: ThreadStreamEvent) -> str:
    return "".join(f"data: {_json(event)}\n\n" for event in events)


def _json(event: BaseModel) -> str:
    return event.model_dump_json(exclude_none=True)
