"""One example of each thread item, with every optional part somewhere, as the protocol writes them."""

from typing import Any

from chatkit.types import ThreadItem
from pydantic import TypeAdapter

_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)

_USER_MESSAGE: dict[str, Any] = {
    "type": "user_message",
    "content": [
        {"type": "input_text", "text": "hi \u0000\u2028 \U0001f642 "},
        {
            "type": "input_tag",
            "id": "e1",
            "text": "Bob",
            "data": {"a": None, "k": 1, "deep": [{"b": None}]},
            "group": "People",
            "interactive": True,
        },
    ],
    "attachments": [
        {
            "id": "atc_1",
            "name": "a.pdf",
            "mime_type": "application/pdf",
            "thread_id": "thr_1",
            "type": "file",
            "metadata": {"sha256": "00", "pages": None},
        },
        {
            "id": "atc_2",
            "name": "b.png",
            "mime_type": "image/png",
            "type": "image",
            "preview_url": "https://h.example/",
            "upload_descriptor": {"url": "https://u.example/x", "method": "PUT", "headers": {"a": "b"}},
        },
    ],
    "quoted_text": "",
    "inference_options": {"tool_choice": {"id": "t"}, "model": "m"},
}

_ASSISTANT_MESSAGE: dict[str, Any] = {
    "type": "assistant_message",
    "content": [
        {
            "type": "output_text",
            "text": "xyz",
            "annotations": [
                {
                    "type": "annotation",
                    "source": {"title": "t", "type": "url", "url": "https://a", "attribution": "A"},
                    "index": 3,
                },
                {
                    "type": "annotation",
                    "source": {"title": "f", "type": "file", "filename": "f.pdf", "group": "g"},
                },
                {
                    "type": "annotation",
                    "source": {
                        "title": "e",
                        "type": "entity",
                        "id": "1",
                        "description": "d",
                        "interactive": True,
                        "data": {"z": None},
                    },
                    "index": 0,
                },
            ],
        },
        {"type": "output_text", "text": "", "annotations": []},
    ],
}

_STRUCTURED_INPUT: dict[str, Any] = {
    "type": "structured_input",
    "status": "answered",
    "inputs": [
        {
            "id": "p",
            "question": "Priority?",
            "type": "multiple_choice",
            "options": [{"value": "Low"}, {"value": "High"}],
            "multiple": True,
            "answer": {"values": ["Low", "own words"], "skipped": False},
        },
        {"id": "f", "question": "Notes?", "type": "freeform", "description": "Optional"},
    ],
}

_WORKFLOW: dict[str, Any] = {
    "type": "workflow",
    "workflow": {
        "type": "reasoning",
        "tasks": [
            {"status_indicator": "none", "type": "custom", "title": "t", "icon": "search", "content": "c"},
            {
                "status_indicator": "loading",
                "type": "web_search",
                "title_query": "q",
                "queries": ["q"],
                "sources": [{"title": "t", "type": "url", "url": "https://u"}],
            },
            {"type": "thought", "content": "c"},
            {
                "status_indicator": "complete",
                "type": "file",
                "sources": [{"title": "f", "type": "file", "filename": "f"}],
            },
            {"type": "image"},
        ],
        "summary": {"duration": 3},
        "expanded": True,
    },
}

_STRICT_WIDGET: dict[str, Any] = {
    "type": "widget",
    "copy_text": "plain",
    "widget": {
        "type": "Card",
        "children": [
            {"id": "t", "type": "Text", "value": "x"},
            {"type": "Button", "label": "b", "onClickAction": {"type": "a", "payload": {"n": 1}}},
        ],
        "confirm": {"label": "OK", "action": {"type": "c"}},
    },
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "user_message": _USER_MESSAGE,
    "assistant_message": _ASSISTANT_MESSAGE,
    "pending_call": {
        "type": "client_tool_call",
        "call_id": "call_1",
        "name": "get_selection",
        "arguments": {"scope": "page", "none": None, "big": 2**70},
    },
    "completed_call": {
        "type": "client_tool_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "get_selection",
        "arguments": {},
        "output": {"rows": [1, 2.5, None, "line\nbreak"]},
    },
    "widget": _STRICT_WIDGET,
    "generated_image": {"type": "generated_image", "image": {"id": "ig", "url": "https://x/y.png"}},
    "image_to_come": {"type": "generated_image"},
    "structured_input": _STRUCTURED_INPUT,
    "workflow": _WORKFLOW,
    "workflow_with_title": {
        "type": "workflow",
        "workflow": {"type": "custom", "tasks": [], "summary": {"title": "Done", "icon": "check"}},
    },
    "task": {"type": "task", "task": {"type": "custom", "title": "t"}},
    "end_of_turn": {"type": "end_of_turn"},
    "hidden_context": {"type": "hidden_context_item", "content": {"any": [1, None, {"thing": True}]}},
    "sdk_hidden_context": {"type": "sdk_hidden_context", "content": "The user cancelled."},
}


def example(kind: str, thread_id: str, item_id: str = "item_1") -> ThreadItem:
    """A fresh item of that kind."""
    common = {"id": item_id, "thread_id": thread_id, "created_at": "2030-01-02T03:04:05.678901Z"}
    return _ITEM.validate_python({**common, **EXAMPLES[kind]})
