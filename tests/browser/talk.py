"""What tests ask of a page, and of the server behind it."""

import re
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

QUESTION_BOX = re.compile("Ask a question|Message the AI")


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name=QUESTION_BOX).fill(question)
    page.keyboard.press("Enter")


def answer(page: Page) -> str:
    """The whole text of the conversation, once the last answer is complete."""
    expect(page.get_by_role("button", name="Copy", exact=True).last).to_be_visible()
    return page.get_by_role("log").inner_text()


def answers(page: Page) -> Locator:
    """The texts of the answers, as far as they have come."""
    return page.locator('[part="assistant-message"] > div')


def reconnecting(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Reconnecting…")


def expect_finished(page: Page) -> None:
    """Nothing is under way on this page any more."""
    expect(page.get_by_role("button", name="Send message")).to_be_visible()


def stored(url: str) -> list[str]:
    """The texts of the newest thread, as the server has them."""
    with httpx.Client(base_url=url, timeout=40) as client:
        (thread, *_) = _call(client, "threads.list", limit=1, order="desc")["data"]
        items = _call(client, "threads.get_by_id", thread_id=thread["id"])["items"]["data"]
    return ["".join(part["text"] for part in item["content"]) for item in items if "content" in item]


def _call(client: httpx.Client, operation: str, **params: Any) -> dict[str, Any]:
    reply = client.post("/chatkit", json={"type": operation, "params": params}).raise_for_status()
    body: dict[str, Any] = reply.json()
    return body
