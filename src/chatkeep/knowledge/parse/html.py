"""HTML to Markdown: the page's content, without its furniture.

`selectolax` builds the tree; one loop over it, without recursion, feeds the `_Page` that writes
Markdown. Emphasis marks inside words are not escaped: the text is read, searched and quoted more often
than it is rendered. What would change the structure, such as a paragraph that begins with `#`, is.
"""

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from chatkeep.knowledge.parse.declared import described, language_code, point_in_time
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.markup import escaped, fenced
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable
from chatkeep.knowledge.parse.table import table_markdown


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DROPPED = _names(
    "script style nav footer aside template noscript svg math iframe object form button select textarea "
    "input dialog canvas audio video head"
)
_BLOCKS = _names(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure header "
    "hgroup hr legend li main ol p pre section summary table tbody td tfoot th thead tr ul"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKS = {"b": "**", "strong": "**", "em": "*", "i": "*", "code": "`", "kbd": "`", "samp": "`", "tt": "`"}

_SPACE = re.compile(r"[ \t\n\f\r]+")
_LINE_BREAK = re.compile(r" *\n *")
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight-source|highlight|brush:)-?\s?([\w+#.-]{1,24})")
_TAG = re.compile(r"<(?:!--|(/?)([a-zA-Z][a-zA-Z0-9]*))")

_CHANGED = ("article:modified_time", "last-modified", "dcterms.modified", "datemodified", "revised")
_MAX_META = 200
_MAX_TITLE = 300

_MAX_NESTING = 512  # as browsers have it; building a deeper tree takes quadratic time
_MAX_INDENT = 8  # deeper lists and quotations are written at this depth
_RAW_TEXT = _names("script style textarea title xmp")
_CLOSED_BY_OTHERS = _names(
    "p li dt dd tr td th thead tbody tfoot colgroup caption option optgroup rt rp html head body "
    "area base br col embed hr img input link meta source track wbr"
)

_TOO_DEEP = Unreadable("its HTML elements are nested too deeply to be read safely.")
_NO_TEXT = Unreadable("the page has no text (is it filled in by a script?).")


def parse_html(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is `<title>`, else the first `<h1>`, else the file's `name`."""
    source = decode(data, declares_charset=True)
    return source if isinstance(source, Unreadable) else read_html(source, name)


def read_html(source: str, name: str) -> ParsedText | Unreadable:
    """A page that is text already, as in a book or an e-mail."""
    if _nesting(source) > _MAX_NESTING:
        return _TOO_DEEP
    tree = LexborHTMLParser(source)
    text = ""
    for root in _roots(tree):
        text = _markdown(root)
        if text:
            break
    if not text:
        return _NO_TEXT
    declared = _declared(tree)
    changed = (declared.get(name) for name in _CHANGED)
    return ParsedText(
        title=_title(tree) or name,
        format="markdown",
        text=text,
        language=language_code(_language_tag(tree)),
        modified_at=next(filter(None, map(point_in_time, changed)), None),
        metadata=described({name: declared.get(name) for name in ("author", "description", "keywords")}),
    )


def _declared(tree: LexborHTMLParser) -> dict[str, str]:
    """The page's `<meta>`, by name."""
    found: dict[str, str] = {}
    for node in tree.css("head > meta")[:_MAX_META]:
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
        found.setdefault(name.lower(), attributes.get("content") or "")
    return found


def _language_tag(tree: LexborHTMLParser) -> str:
    root = tree.css_first("html")
    attributes = root.attributes if root is not None else {}
    return attributes.get("lang") or attributes.get("xml:lang") or ""


def links(source: str) -> list[tuple[str, str]]:
    """Where a page's links lead, and their words."""
    if _nesting(source) > _MAX_NESTING:
        return []
    return [
        (node.attributes.get("href") or "", _collapse(node.text())[:_MAX_TITLE])
        for node in LexborHTMLParser(source).css("a[href]")
    ]


def _nesting(source: str) -> int:
    """The greatest number of elements open at once, counted without building a tree."""
    opened: Counter[str] = Counter()
    depth = deepest = at = 0
    while found := _TAG.search(source, at):
        at = found.end()
        tag = (found[2] or "").lower()
        if not tag or (tag in _RAW_TEXT and not found[1]):
            after = source.find(f"</{tag}" if tag else "-->", at)
            if after < 0:
                break
            at = after + 3
        elif tag in _CLOSED_BY_OTHERS:
            continue
        elif not found[1]:
            opened[tag] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
    return deepest


def _roots(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Where to look for the content, best first."""
    main = tree.css_first("main, [role=main]")
    if main is not None:
        yield main
    else:
        articles = tree.css("article")
        if len(articles) == 1:
            yield articles[0]
    if tree.body is not None:
        yield tree.body


def _title(tree: LexborHTMLParser) -> str:
    for selector in ("head > title", "h1"):
        node = tree.css_first(selector)
        words = _collapse(node.text()) if node is not None else ""
        if words:
            return words[:_MAX_TITLE]
    return ""


def _markdown(root: LexborNode) -> str:
    page = _Page(within_content=root.tag != "body")
    node: LexborNode | None = root
    while node is not None:
        if node.is_text_node:
            page.text(node.text_content or "")
            inside = None
        else:
            inside = node.child if page.enter(node) else None
        if inside is not None:
            node = inside
            continue
        node = _after(node, root, page)
    return page.finish()


def _after(node: LexborNode, root: LexborNode, page: "_Page") -> LexborNode | None:
    """The node that follows `node` and all inside it, leaving the elements that end on the way."""
    current: LexborNode | None = node
    while current is not None:
        if not current.is_text_node:
            page.leave(current)
        if current.mem_id == root.mem_id:
            return None
        if current.next is not None:
            return current.next
        current = current.parent
    return None


def _collapse(text: str) -> str:
    return _SPACE.sub(" ", text.replace("\xa0", " ")).strip()


class _Container:
    """A list item, or a quotation: what its lines begin with."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.used = False

    def first(self) -> str:
        unused, self.used = not self.used, True
        return self.marker if unused or self.marker == "> " else " " * len(self.marker)

    def rest(self) -> str:
        return self.marker if self.marker == "> " else " " * len(self.marker)


class _Page:
    """Markdown in the making. `enter` and `leave` come in document order, `text` between them.

    Nodes are remembered by `mem_id`: comparing two nodes would serialise both.
    """

    def __init__(self, within_content: bool) -> None:
        self._within_content = within_content
        self._written: list[str] = []
        self._line: list[str] = []
        self._open_marks: dict[str, tuple[int, int]] = {}
        self._containers: list[tuple[int, _Container]] = []
        self._lists: list[tuple[int, int | None]] = []
        self._pre: int | None = None
        self._language = ""
        self._table: int | None = None
        self._rows: list[list[str]] = []
        self._last_in_list = False

    def finish(self) -> str:
        self._end_paragraph()
        return "".join(self._written) + "\n" if self._written else ""

    def text(self, text: str) -> None:
        self._line.append(text if self._pre is not None else _SPACE.sub(" ", text.replace("\xa0", " ")))

    def enter(self, node: LexborNode) -> bool:
        """Whether to go inside."""
        tag = node.tag or ""
        if self._is_dropped(node, tag):
            return False
        if self._pre is not None:
            self._enter_pre(node, tag)
        elif tag == "br":
            self._line.append("\n")
        elif tag == "img":
            self._line.append(f" {_collapse(node.attributes.get('alt') or '')} ")
        elif tag in _MARKS:
            if _MARKS[tag] not in self._open_marks:
                self._open_marks[_MARKS[tag]] = (node.mem_id, len(self._line))
        elif self._table is not None:
            self._enter_cell(tag)
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._end_paragraph()
            self._enter_block(node, tag)
        return True

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if self._pre is not None:
            if node.mem_id == self._pre:
                self._end_pre()
        elif tag in _MARKS:
            self._leave_mark(node, _MARKS[tag])
        elif self._table is not None:
            self._leave_cell(node, tag)
        elif tag in _HEADINGS:
            self._end_paragraph(heading=_HEADINGS[tag])
        elif tag in _BLOCKS:
            self._end_paragraph()
            self._leave_block(node)

    def _is_dropped(self, node: LexborNode, tag: str) -> bool:
        # A page's header is furniture; a header inside the content holds its heading.
        if tag in _DROPPED or (tag == "header" and not self._within_content):
            return True
        attributes = node.attributes
        if "hidden" in attributes or attributes.get("aria-hidden") == "true":
            return True
        return tag == "a" and "headerlink" in (attributes.get("class") or "")

    def _enter_pre(self, node: LexborNode, tag: str) -> None:
        if tag == "br":
            self._line.append("\n")
        elif tag == "code" and not self._language:
            self._language = _language(node)

    def _enter_block(self, node: LexborNode, tag: str) -> None:
        if tag == "main" or tag == "article":
            self._within_content = True
        elif tag == "pre":
            self._pre = node.mem_id
            self._language = _language(node) or (_language(node.parent) if node.parent is not None else "")
        elif tag == "table" and not _is_layout(node):
            self._table, self._rows = node.mem_id, []
        elif tag == "ul" or tag == "ol":
            self._lists.append((node.mem_id, _first_number(node) if tag == "ol" else None))
        elif tag == "li" and len(self._containers) < _MAX_INDENT:
            self._containers.append((node.mem_id, _Container(self._next_marker())))
        elif tag == "blockquote" and len(self._containers) < _MAX_INDENT:
            self._containers.append((node.mem_id, _Container("> ")))

    def _leave_block(self, node: LexborNode) -> None:
        if self._containers and self._containers[-1][0] == node.mem_id:
            self._containers.pop()
        if self._lists and self._lists[-1][0] == node.mem_id:
            self._lists.pop()

    def _next_marker(self) -> str:
        if not self._lists or self._lists[-1][1] is None:
            return "- "
        list_id, number = self._lists[-1]
        self._lists[-1] = (list_id, (number or 0) + 1)
        return f"{number}. "

    def _leave_mark(self, node: LexborNode, mark: str) -> None:
        opened, at = self._open_marks.get(mark, (None, 0))
        if opened != node.mem_id:
            return
        del self._open_marks[mark]
        inner = "".join(self._line[at:])
        words = inner.strip()
        if not words or (mark == "`" and "`" in words):
            return
        before = " " if inner[0].isspace() else ""
        after = " " if inner[-1].isspace() else ""
        self._line[at:] = [f"{before}{mark}{words}{mark}{after}"]

    def _enter_cell(self, tag: str) -> None:
        if tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._line = []
        elif tag in _BLOCKS:
            self._line.append(" ")

    def _leave_cell(self, node: LexborNode, tag: str) -> None:
        if node.mem_id == self._table:
            table, self._table, self._line = table_markdown(self._rows), None, []
            self._write(table)
        elif tag in {"td", "th"}:
            if self._rows:
                self._rows[-1].append(_collapse(self._take_line()))
        elif tag == "caption":
            self._write(_collapse(self._take_line()))
        elif tag in _BLOCKS:
            self._line.append(" ")

    def _end_pre(self) -> None:
        code = self._take_line()
        self._pre = None
        self._write(fenced(code, self._language))

    def _end_paragraph(self, heading: int = 0) -> None:
        words = _LINE_BREAK.sub("\n", re.sub(r" {2,}", " ", self._take_line())).strip()
        if not words:
            return
        if heading:
            self._write(f"{'#' * heading} {' '.join(words.split())}")
        else:
            self._write(escaped(words))

    def _take_line(self) -> str:
        line = "".join(self._line)
        self._line = []
        self._open_marks = {}
        return line

    def _write(self, block: str) -> None:
        """Write a block below the others, each line behind the marks of its list item or quotation."""
        if not block:
            return
        containers = [container for _, container in self._containers]
        begins_item = any(container.marker != "> " and not container.used for container in containers)
        first = "".join(container.first() for container in containers)
        rest = "".join(container.rest() for container in containers)
        lines = block.split("\n")
        if self._written:
            self._written.append("\n" if begins_item and self._last_in_list else "\n\n")
        self._written.append(first + lines[0])
        self._written.extend(f"\n{rest}{line}".rstrip(" ") for line in lines[1:])
        self._last_in_list = any(container.marker != "> " for container in containers)


def _language(node: LexborNode) -> str:
    found = _LANGUAGE.search(node.attributes.get("class") or "")
    return found[1] if found else ""


def _first_number(node: LexborNode) -> int:
    start = node.attributes.get("start") or ""
    return int(start) if start.isdecimal() and len(start) < 9 else 1


def _is_layout(table: LexborNode) -> bool:
    """A table that places things on a page rather than relating values."""
    if table.attributes.get("role") == "presentation":
        return True
    return table.css_first("table table, h1, h2, h3, pre, ul, ol") is not None
