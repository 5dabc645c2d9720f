from datetime import UTC, datetime, timedelta

from chatkeep.core.clock import SystemClock


def test_the_system_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)
