from datetime import UTC, datetime

from chatkit.types import Page, Thread, ThreadItem

from chatkeep.adapters.records import dump_thread
from tests.contracts.thread_items import example


def test_a_threads_page_of_items_is_not_written_with_it() -> None:
    items = Page[ThreadItem](data=[example("task", "thr_1")])
    body = dump_thread(Thread(id="thr_1", created_at=datetime(2030, 1, 1, tzinfo=UTC), items=items))
    assert "items" not in body
    assert "2030-01-01T00:00:00Z" in body
