"""A citation opens the very words it rests on: at once, after a reload, after the document was changed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chatkeep.testing import Reply, ScriptedModelServer
from tests.browser.talk import answer, ask
from tests.pdf import pdf
from tests.serving import Server, serving, wait_until_ready

pytestmark = pytest.mark.browser

FILLER = "\n\n".join(
    f"Berth {number} lies along the quay and has a cleat at either end." for number in range(80)
)
PLACES = FILLER.replace("Berth", "Place")
HARBOUR = f"# The harbour\n\n## Berths\n\n{FILLER}\n\n## Water\n\n{{}}\n\n## Quay\n\n{PLACES}\n"
WATER = "Dogs stay ashore. Fresh water is free at every pontoon. Bring your own hose."
CITED = "Fresh water is free at every pontoon."
QUESTION = "What does fresh water cost at the pontoons?"


def environment(model: ScriptedModelServer) -> dict[str, str]:
    return {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
    }


def open_citation(page: Page) -> Page:
    """The page behind the first citation of the conversation."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Source 1")).first.click()
    opened.value.wait_for_load_state()
    return opened.value


def expect_cited(source: Page, words: str) -> None:
    expect(source.locator("mark")).to_have_text(words)
    expect(source.locator("mark")).to_be_in_viewport()


def test_the_cited_sentence_is_in_view_after_a_reload_and_after_its_heading_was_changed(
    page: Page, model: ScriptedModelServer, tmp_path: Path
) -> None:
    docs, data = tmp_path / "docs", tmp_path / "data"
    docs.mkdir()
    file = docs / "harbour.md"
    file.write_text(HARBOUR.format(WATER))
    model.script(Reply("At every pontoon fresh water is free [1]."))
    with serving([docs], data, environment(model)) as server:
        wait_until_ready(server, 1)
        page.goto(server.url)
        ask(page, QUESTION)
        answer(page)
        expect_cited(open_citation(page), CITED)
        page.reload()
        expect(page.get_by_role("log")).to_contain_text("fresh water is free")
        expect_cited(open_citation(page), CITED)

    file.write_text(HARBOUR.format(WATER).replace("## Water", "## What flows from the tap"))
    with serving([docs], data, environment(model)) as server:
        open_thread(page, server)
        source = open_citation(page)
        expect_cited(source, CITED)
        expect(source.get_by_role("main")).to_contain_text("What flows from the tap")

    file.write_text(HARBOUR.format("Fresh water costs three euros a tank now, and hoses are for hire."))
    with serving([docs], data, environment(model)) as server:
        open_thread(page, server)
        source = open_citation(page)
        notice = source.get_by_role("complementary", name="About this citation")
        expect(notice).to_contain_text("The passage has changed")
        expect(notice.get_by_role("blockquote")).to_have_text(CITED)
        expect(source.get_by_role("main")).to_contain_text("three euros a tank")
        expect(source.locator("mark")).to_have_count(0)


def open_thread(page: Page, server: Server) -> None:
    """The conversation about water, at a server whose address is new to the browser."""
    wait_until_ready(server, 1)
    page.goto(server.url)
    page.get_by_role("button", name="Conversation history").click()
    page.get_by_role("button", name=QUESTION, exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("fresh water is free")
    page.keyboard.press("Escape")


def test_the_card_says_where_and_quotes_the_sentence(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    model.script(Reply("The nearest petrol pump is in Saltby [1]."))
    wait_until_ready(scripted, 1)
    page.goto(scripted.url)
    ask(page, "Where can I buy petrol?")
    answer(page)
    page.get_by_role("link", name=re.compile("Source 1")).first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("the nearest pump is in Saltby")
    expect(page.get_by_role("tooltip")).to_contain_text("fuel.txt")


def test_a_sentence_that_no_cited_passage_supports_has_a_mark_that_says_so(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    model.script(Reply("The nearest petrol pump is in Saltby [1]. Penguins nest below the lighthouse [1]."))
    wait_until_ready(scripted, 1)
    page.goto(scripted.url)
    ask(page, "Where can I buy petrol?")
    answer(page)
    mark = page.get_by_role("button", name="Not found in the cited passages")
    expect(mark).to_have_count(1)
    mark.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Check it before you rely on it")
    page.reload()
    expect(mark).to_have_count(1)


def test_an_answer_that_cites_nothing_says_that_it_is_not_from_the_documents(
    page: Page, extractive: Server
) -> None:
    wait_until_ready(extractive, 1)
    page.goto(extractive.url)
    ask(page, "Who painted the Mona Lisa?")
    assert "Not from your documents" in answer(page)


def test_a_pdf_is_shown_as_text_and_as_a_picture_of_its_page(
    page: Page, model: ScriptedModelServer, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    tides = [
        "Tides",
        "",
        "The bar may be crossed two hours either side of high water.",
        "Keep well clear of it at night.",
    ]
    prices = [
        "Prices",
        "",
        "A berth for ten metres costs 41 euros a night.",
        "Winter storage costs 910 euros a season.",
    ]
    (docs / "harbour.pdf").write_bytes(pdf([tides, prices]))
    model.script(Reply("Storage in winter costs 910 euros [1]."))
    with serving([docs], tmp_path / "data", environment(model)) as server:
        wait_until_ready(server, 1)
        page.goto(server.url)
        ask(page, "What does winter storage cost?")
        answer(page)
        page.get_by_role("link", name=re.compile("Source 1")).first.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("page")
        source = open_citation(page)
        expect_cited(source, "Winter storage costs 910 euros a season.")
        expect(source.get_by_role("banner")).to_contain_text("page 2")
        picture = source.get_by_role("img", name=re.compile("^Page 2 of"))
        expect(picture).to_have_count(1)
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("async (it) => { await it.decode(); return it.naturalWidth; }") == 1224
        assert yellow_pixels(source) > 500


def yellow_pixels(source: Page) -> int:
    """How many pixels of the page's picture have the colour of the mark."""
    count: int = source.locator("img").evaluate(
        """(it) => {
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [it.naturalWidth, it.naturalHeight];
            const context = canvas.getContext('2d');
            context.drawImage(it, 0, 0);
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4)
                if (data[i] === 255 && data[i + 1] === 228 && data[i + 2] === 110) count++;
            return count;
        }"""
    )
    return count
