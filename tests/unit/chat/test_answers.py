"""Answers outside of a conversation: text, citations and failures as a reader would see them."""

from contextlib import aclosing
from dataclasses import dataclass

from pydantic import HttpUrl, SecretStr

from chatkeep.agents.models import create_model
from chatkeep.agents.workflow import Workflow
from chatkeep.chat.answers import WorkflowAnswerer
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext, local_context
from chatkeep.knowledge.cite import Checker
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.evaluate.golden import Answer
from chatkeep.settings import ModelSettings
from chatkeep.testing import Fault, Reply, ScriptedModelServer
from tests.unit.knowledge.evaluate.passages import passage

HERE = local_context("test")
BERTH = passage("moorings.md", "A visitor's berth costs 3.20 euros a metre and night.")
FUEL = passage("fuel.txt", "Diesel is sold at the fuel dock from 08:00 to 18:00.")


@dataclass(frozen=True)
class Harbour:
    async def gather(self, query: str, budget: int, context: RequestContext) -> list[Passage]:
        return [BERTH, FUEL]


async def said_by(*replies: Reply) -> Answer:
    with ScriptedModelServer() as server:
        server.script(*replies)
        settings = ModelSettings(
            llm_provider="compatible",
            openai_api_key=SecretStr("sk-test"),
            openai_base_url=HttpUrl(server.base_url),
            openai_default_model="m",
        )
        async with aclosing(create_model(settings)) as model:
            answering = WorkflowAnswerer(Workflow(model, Harbour()), SystemClock(), Checker())
            return await answering.answer("What?", HERE)


async def test_citations_are_passages_at_their_places_and_those_that_point_nowhere_are_gone() -> None:
    said = await said_by(Reply("Berths cost 3.20 euros [1]. Diesel is sold [2][7]."))
    assert said.text == "Berths cost 3.20 euros. Diesel is sold."
    assert [(said.text[: each.index], each.passage.path) for each in said.citations] == [
        ("Berths cost 3.20 euros", "moorings.md"),
        ("Berths cost 3.20 euros. Diesel is sold", "fuel.txt"),
    ]
    assert list(said.shown) == [BERTH, FUEL]
    assert 0 < said.first_ms <= said.whole_ms
    assert said.failure == ""


async def test_a_failure_is_part_of_the_answer() -> None:
    said = await said_by(*[Reply(fail=Fault.http(403, "Country not supported."))] * 3)
    assert said.text == ""
    assert "Country not supported." in said.failure
