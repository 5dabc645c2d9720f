import asyncio

from hypothesis import given
from hypothesis import strategies as st

from chatkeep.testing import Gate, Reply


@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    reply = Reply(text)
    assert reply.whole == text
    assert all(piece for piece in reply.pieces)


async def test_a_gate_remembers_steps_taken_in_advance() -> None:
    gate = Gate()
    gate.step(2)
    await gate.passed()
    await gate.passed()
    third = asyncio.ensure_future(gate.passed())
    await asyncio.sleep(0)
    assert not third.done()
    await asyncio.to_thread(gate.step)  # from any thread
    await asyncio.wait_for(third, 10)


async def test_an_open_gate_holds_nobody() -> None:
    gate = Gate()
    waiting = [asyncio.ensure_future(gate.passed()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.wait_for(asyncio.gather(*waiting, gate.passed()), 10)
