"""Whatever is done to the turn engine in whatever order: nothing is lost, doubled or left without an end.

Hypothesis makes up histories of submits, stops, broken connections, slow readers, repeats, dead workers and
lost journals. How many is a matter of the profile (see `tests/conftest.py`).
"""

import gc
import itertools
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.contracts.turns import Journals, MemoryJournals, Page, World, question
from tests.contracts.virtual_redis import RedisJournals, Server

PIECES = st.sampled_from(["a", "bc ", "\n", " ", "été \u2028", "x" * 90, "long " * 150])
ANY = st.integers(0, 5)


class Turns(RuleBasedStateMachine):
    journals: Callable[[], Journals]
    """Makes where the workers of one world write."""

    @initialize(delays=st.lists(st.integers(0, 4), min_size=1, max_size=7))
    def begin(self, delays: list[int]) -> None:
        gc.disable()  # what it closes would be closed by chance
        self.world = World(self.journals(), itertools.cycle(delays))
        self.asked = 0

    def pick(self, pages: list[Page], number: int) -> Page:
        return pages[number % len(pages)]

    def connected(self) -> list[Page]:
        return [page for page in self.world.pages if page.is_connected]

    def cut(self) -> list[Page]:
        """Pages without a connection that have a thread to come back to."""
        return [
            page for page in self.world.pages if not page.is_connected and page.thread_id and not page.is_gone
        ]

    # People

    @precondition(lambda self: len(self.world.pages) < 5)
    @rule(worker=ANY, resumable=st.booleans(), has_key=st.booleans())
    def ask_in_a_new_thread(self, worker: int, resumable: bool, has_key: bool) -> None:
        page = Page(self.world)
        self.world.pages.append(page)
        self._submit(page, worker, resumable, has_key or True)

    @precondition(lambda self: bool(self.cut()))
    @rule(number=ANY, worker=ANY, resumable=st.booleans(), has_key=st.booleans())
    def ask_in_the_thread(self, number: int, worker: int, resumable: bool, has_key: bool) -> None:
        self._submit(self.pick(self.cut(), number), worker, resumable, has_key)

    def _submit(self, page: Page, worker: int, resumable: bool, has_key: bool) -> None:
        self.asked += 1
        page.key = f"key {self.asked}" if has_key else None
        page.body = question(f"Question {self.asked}?", page.thread_id, page.key, resumable=resumable)
        page.send(self.world.workers[worker % 2], page.body, may_conflict=True)

    @precondition(lambda self: any(page.key for page in self.world.pages) and len(self.world.pages) < 6)
    @rule(number=ANY, worker=ANY)
    def ask_the_same_again(self, number: int, worker: int) -> None:
        first = self.pick([page for page in self.world.pages if page.key], number)
        page = Page(self.world, thread_id=first.thread_id, body=first.body, key=first.key)
        self.world.pages.append(page)
        page.send(self.world.workers[worker % 2], page.body, may_conflict=True)

    @precondition(lambda self: bool(self.connected()))
    @rule(number=ANY)
    def lose_the_connection(self, number: int) -> None:
        self.pick(self.connected(), number).drop()

    @precondition(lambda self: bool(self.cut()))
    @rule(number=ANY, worker=ANY)
    def come_back(self, number: int, worker: int) -> None:
        self.pick(self.cut(), number).resume(self.world.workers[worker % 2])

    @precondition(lambda self: bool(self.world.threads()) and len(self.world.pages) < 6)
    @rule(number=ANY, worker=ANY)
    def open_another_page(self, number: int, worker: int) -> None:
        threads = self.world.threads()
        page = Page(self.world, thread_id=threads[number % len(threads)])
        self.world.pages.append(page)
        page.resume(self.world.workers[worker % 2])

    @precondition(lambda self: bool(self.world.frames and self.cut()) and len(self.world.pages) < 6)
    @rule(number=ANY, worker=ANY, data=st.data())
    def follow_from_anywhere(self, number: int, worker: int, data: st.DataObject) -> None:
        seen = self.pick(self.cut(), number)
        if seen.position is None:
            return
        run, last = seen.position
        after = data.draw(st.integers(0, last))
        page = Page(self.world, thread_id=seen.thread_id, position=(run, after), is_whole=after == 0)
        self.world.pages.append(page)
        page.resume(self.world.workers[worker % 2])

    @precondition(lambda self: bool(self.connected()))
    @rule(number=ANY)
    def read_slowly(self, number: int) -> None:
        self.pick(self.connected(), number).pause()

    @precondition(lambda self: bool(self.connected()))
    @rule(number=ANY)
    def read_on(self, number: int) -> None:
        self.pick(self.connected(), number).go_on()

    @precondition(lambda self: bool(self.world.threads()))
    @rule(number=ANY, worker=ANY)
    def stop(self, number: int, worker: int) -> None:
        world = self.world
        threads = world.threads()
        thread = threads[number % len(threads)]
        before, now = world.active(thread), world.loop.time()
        reply = world.call(world.workers[worker % 2], "threads.stop", thread_id=thread)
        assert world.loop.time() - now <= 1.0
        after = world.active(thread)
        if before is not None and after is not None and after.run == before.run:
            assert reply["stopped"]  # as it will be, when somebody finds that its worker is dead
            assert world.is_dead(after.worker), "It was not stopped."

    @precondition(lambda self: bool(self.world.threads()))
    @rule(number=ANY, worker=ANY)
    def delete_the_thread(self, number: int, worker: int) -> None:
        world = self.world
        threads = world.threads()
        if number != 0:
            return  # now and then
        world.deleted.add(threads[0])
        world.call(world.workers[worker % 2], "threads.delete", thread_id=threads[0])

    # The model

    @precondition(lambda self: bool(self.world.live_model()))
    @rule(number=ANY, pieces=st.lists(PIECES, min_size=1, max_size=4))
    def say(self, number: int, pieces: list[str]) -> None:
        live = self.world.live_model()
        live[number % len(live)].say(*pieces)

    @precondition(lambda self: bool(self.world.live_model()))
    @rule(number=ANY)
    def begin_another_message(self, number: int) -> None:
        live = self.world.live_model()
        live[number % len(live)].start()

    @precondition(lambda self: bool(self.world.live_model()))
    @rule(number=ANY)
    def end_the_answer(self, number: int) -> None:
        live = self.world.live_model()
        live[number % len(live)].end()

    @precondition(lambda self: bool(self.world.live_model()))
    @rule(number=ANY)
    def fail(self, number: int) -> None:
        live = self.world.live_model()
        live[number % len(live)].fail()

    # The machines

    @rule(rounds=st.integers(1, 12))
    def go_on_a_little(self, rounds: int) -> None:
        self.world.loop.turn(rounds)

    @rule()
    def go_on(self) -> None:
        self.world.loop.turn(120)

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.1, 3.0, 8.0, 20.0, 310.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.world.wait(seconds)

    @precondition(lambda self: len(self.world.dead) < 3)
    @rule(worker=ANY)
    def kill_a_worker(self, worker: int) -> None:
        self.world.kill(self.world.workers[worker % 2])

    @precondition(lambda self: bool(self.world.threads()))
    @rule(number=ANY)
    def lose_a_journal(self, number: int) -> None:
        threads = self.world.threads()
        self.world.lose(threads[number % len(threads)])

    @invariant()
    def no_page_complains(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._end(self.world)
        finally:
            gc.enable()

    def _end(self, world: World) -> None:
        try:
            world.finish()
        finally:
            world.close()


@pytest.fixture(params=["memory", "redis"])
def journals(request: pytest.FixtureRequest) -> Iterator[Callable[[], Journals]]:
    """Makes the journals of one world."""
    if request.param == "memory":
        yield MemoryJournals
        return
    server = Server(request.getfixturevalue("redis_url"))
    yield lambda: RedisJournals(server)
    server.close()


@pytest.fixture
def _silence() -> Iterator[None]:
    """Nobody reads the logs of so many failures, and to write them takes longer than all else."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("_silence")
def test_whatever_happens_every_turn_is_told_whole_and_comes_to_an_end(
    journals: Callable[[], Journals],
) -> None:
    machine = type("Turns", (Turns,), {"journals": staticmethod(journals)})
    run_state_machine_as_test(machine)
