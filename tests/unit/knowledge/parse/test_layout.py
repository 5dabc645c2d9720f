"""Lines of pages to paragraphs."""

from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.layout import Line, PageLines, write_pages

WIDE = "Words that go on until the line is full and another one has to follow it"


def page(*texts: str, size: float = 10.0, top: float = 700.0, pitch: float = 12.0) -> PageLines:
    """Lines one below the other, each as wide as it has letters."""
    lines = [
        Line(text, left=50, right=50 + 6 * len(text), top=top - pitch * at, size=size)
        for at, text in enumerate(texts)
    ]
    return PageLines(800.0, lines)


def written(*pages: PageLines) -> str:
    draft = Draft()
    write_pages(draft, pages)
    return draft.text


def test_full_lines_are_one_paragraph_and_short_ones_stay_lines() -> None:
    assert written(page(WIDE, "and it ends.")) == f"{WIDE} and it ends.\n"
    assert written(page("Kettle 19.50", "Lantern 42.00", WIDE)) == f"Kettle 19.50\nLantern 42.00\n{WIDE}\n"


def test_divided_words_are_whole_again() -> None:
    assert written(page(f"{WIDE} and the fur-", "nace is lit.")) == f"{WIDE} and the furnace is lit.\n"
    assert written(page(f"{WIDE} and the fur\xad", "nace is lit.")) == f"{WIDE} and the furnace is lit.\n"


def test_a_hyphen_that_the_document_has_elsewhere_stays() -> None:
    text = written(page(f"{WIDE} a well-", "known one.", "It is a well-known one."))
    assert text.count("a well-known one.") == 2


def test_a_hyphen_before_a_capital_or_a_number_stays() -> None:
    assert "Baden- Baden" in written(page(f"{WIDE} in Baden-", "Baden."))


def test_a_table_of_contents_stays_lines() -> None:
    lines = page(f"Introduction{' .' * 40} 1", f"Utilities{'.' * 60} 12", size=20)
    text = written(page(*[WIDE] * 20), lines)
    assert text.endswith("\n\nIntroduction … 1\nUtilities … 12\n")


def test_a_gap_begins_a_paragraph() -> None:
    above, below = page(WIDE, "Ends here."), page(WIDE, top=640.0)
    assert written(PageLines(800, above.lines + below.lines)) == f"{WIDE} Ends here.\n\n{WIDE}\n"


def test_bullets_are_items() -> None:
    assert written(page("• first", "• second", "3. third")) == "- first\n- second\n3. third\n"


def test_a_sentence_goes_on_in_the_next_column() -> None:
    left, right = page(WIDE, WIDE, top=200), page("goes on above.", top=700)
    assert written(PageLines(800, left.lines + right.lines)).count("\n\n") == 0


def edged(number: int, header: str, footer: str, size: float = 10.0) -> PageLines:
    body = page(f"{WIDE} {'abcdef'[number - 1]}")
    top, bottom = page(header, top=790, size=size), page(footer, top=20)
    return PageLines(800, [*top.lines, *body.lines, *bottom.lines])


def test_running_lines_stand_once() -> None:
    text = written(*(edged(n, "ACME confidential", f"{n} | Handbook") for n in range(1, 5)))
    assert text.count("ACME confidential") == text.count("Handbook") == 1
    assert all(f"{WIDE} {letter}" in text for letter in "abcd")


def test_page_numbers_of_any_count_are_left_out() -> None:
    for footer in ("{0}", "- {0} -", "Page {0} of 4", "Seite {0}", "{0}/4"):
        assert "4" not in written(*(edged(n, "", footer.format(n)) for n in range(1, 5)))
    assert "17" not in written(*(edged(n, "", str(n + 16)) for n in range(1, 5)))


def test_numbers_that_do_not_count_pages_stay() -> None:
    text = written(*(edged(n, f"Invoice {n * n + 1000}", "") for n in range(1, 5)))
    assert all(f"Invoice {n * n + 1000}" in text for n in range(1, 5))


def test_headings_that_count_with_the_pages_stay() -> None:
    text = written(*(edged(n, f"Chapter {n}", "", size=16.0) for n in range(1, 5)))
    assert all(f"# Chapter {n}" in text for n in range(1, 5))


def test_what_is_all_large_is_no_heading() -> None:
    text = written(page(WIDE, WIDE, size=10), page(WIDE, WIDE, size=20))
    assert "#" not in text


lines = st.builds(
    Line,
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
        min_size=1,
        max_size=20,
    ),
    left=st.floats(0, 500),
    right=st.floats(0, 600),
    top=st.floats(0, 800),
    size=st.sampled_from([0.0, 8.0, 10.0, 10.4, 14.0, 20.0]),
)


@given(st.lists(st.builds(PageLines, st.just(800.0), st.lists(lines, max_size=8)), max_size=5))
def test_no_letter_is_lost_but_what_runs_along(pages: list[PageLines]) -> None:
    text = written(*pages)
    for page_lines in pages:
        for line in page_lines.lines:
            alone = all(line.text != other.text for p in pages for other in p.lines if other is not line)
            if alone and not any(letter.isdigit() for letter in line.text):
                letters = "".join(filter(str.isalpha, line.text))
                assert letters in "".join(filter(str.isalpha, text))
