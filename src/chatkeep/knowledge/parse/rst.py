"""reStructuredText to Markdown, by docutils.

Only its parser runs, none of its transforms and no writer: nothing is included, fetched or executed, and
substitutions cannot multiply. What Sphinx adds to the language is known by name, well enough to keep
its words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any, ClassVar

from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.markup import escaped, fenced, heading
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable
from chatkeep.knowledge.parse.table import table_blocks

if TYPE_CHECKING:
    from docutils import nodes


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ROLES = _names("""
    ref doc term numref any abbr command dfn envvar file guilabel kbd mailheader makevar manpage
    menuselection mimetype newsgroup option program regexp samp token keyword download class func meth mod
    attr exc obj data const c:func c:type c:macro c:member cpp:class cpp:func js:func js:class rst:dir
    rst:role cve cwe issue pr user gh pep rfc setting ticket djadmin lookup ttag tfilter
    py:class py:func py:meth py:mod py:attr py:exc py:obj py:data py:const
""")
_CODE = _names("code code-block sourcecode parsed-literal prompt console ipython")
_LEFT_OUT = _names("""
    toctree contents sectnum index highlight currentmodule module py:module py:currentmodule automodule
    autoclass autofunction automethod autoattribute autoexception autodata autosummary literalinclude include
    tabularcolumns meta raw codeauthor sectionauthor default-domain
""")
_OBJECTS = _names("""
    function class method attribute exception data classmethod staticmethod property decorator describe
    object option cmdoption envvar confval setting program type macro member var rst:directive rst:role
    django-admin templatetag templatefilter fieldlookup py:function py:class py:method py:attribute
    py:exception py:data py:classmethod py:staticmethod
""")
_BOXES = _names("""
    versionadded versionchanged deprecated versionremoved seealso todo rubric centered only glossary hlist
    tabs tab tab-set tab-item grid grid-item grid-item-card card dropdown details productionlist collapse
""")
_NO_WORDS = frozenset({"versionadded", "versionchanged", "versionremoved", "deprecated", "seealso", "todo"})

_TITLED = re.compile(r"(.+?)\s*<([^<>]+)>\Z", re.DOTALL)
_UNSEEN = frozenset({"orphan", "tocdepth", "nocomments", "nosearch"})


def parse_rst(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the first section's, else the file's `name`."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    writer = _Writer(_doctree(text))
    draft = Draft()
    for block in writer.blocks():
        draft.block(block)
    if not draft.text:
        return Unreadable("it holds no text besides comments and directives.")
    return ParsedText(title=writer.title or name, format="markdown", text=draft.text)


def _doctree(text: str) -> "nodes.document":
    from docutils.frontend import get_default_settings
    from docutils.parsers.rst import Parser
    from docutils.utils import new_document

    _know_sphinx()
    settings = get_default_settings(Parser)
    settings.file_insertion_enabled = False
    settings.raw_enabled = False
    settings.report_level = settings.halt_level = 5
    settings.warning_stream = StringIO()
    settings.syntax_highlight = "none"
    settings.line_length_limit = 100_000
    document = new_document("document", settings)
    Parser().parse(text, document)
    return document


@cache
def _know_sphinx() -> None:
    """Tell docutils of the roles and directives that most projects' documentation has."""
    from docutils import nodes
    from docutils.parsers.rst import Directive, directives, roles

    class Options(dict[str, Callable[[str], str]]):
        """Any option is taken."""

        def __missing__(self, _: str) -> Callable[[str], str]:
            return directives.unchanged

    class Known(Directive):
        has_content = True
        optional_arguments = 1
        final_argument_whitespace = True
        option_spec: ClassVar[Any] = Options(name=directives.unchanged)

        def inner(self, into: nodes.Element) -> list[nodes.Node]:
            self.state.nested_parse(self.content, self.content_offset, into)
            return [into]

    class Code(Known):
        def run(self) -> list[nodes.Node]:
            language = self.arguments[0].split()[0] if self.arguments else ""
            code = nodes.literal_block("", "\n".join(self.content), classes=["code", language])
            caption = self.options.get("caption")
            return [nodes.paragraph("", caption), code] if caption else [code]

    class Nothing(Known):
        def run(self) -> list[nodes.Node]:
            return []

    class Described(Known):
        def run(self) -> list[nodes.Node]:
            signatures = self.arguments[0].split("\n") if self.arguments else []
            shown: list[nodes.Node] = [
                nodes.paragraph("", "", nodes.literal("", line.strip()))
                for line in signatures
                if line.strip()
            ]
            return [*shown, *self.inner(nodes.container())]

    class Boxed(Known):
        def run(self) -> list[nodes.Node]:
            words = self.arguments[0] if self.arguments else ""
            if self.name in _NO_WORDS:
                words = f"{self.name} {words}".strip()
            shown, _ = self.state.inline_text(words, self.lineno)
            above: list[nodes.Node] = (
                [nodes.paragraph("", "", *shown)] if words and self.name != "only" else []
            )
            return [*above, *self.inner(nodes.container())]

    for names, directive in ((_CODE, Code), (_LEFT_OUT, Nothing), (_OBJECTS, Described), (_BOXES, Boxed)):
        for each in names:
            directives.register_directive(each, directive)

    def role(_name: str, rawtext: str, text: str, *_: Any, **__: Any) -> Any:
        return [nodes.inline(rawtext, _role_words(text))], []

    for each in _ROLES:
        roles.register_local_role(each, role)


def _role_words(text: str) -> str:
    """What Sphinx shows: `Title <target>` as Title, `~a.b.c` as c."""
    text = re.sub(r"\x00", "", text)
    if titled := _TITLED.match(text):
        return titled[1]
    return text[1:].rpartition(".")[2] if text.startswith("~") else text.removeprefix("!")


class _Writer:
    """Markdown blocks of a document tree."""

    def __init__(self, document: "nodes.document") -> None:
        self._document = document
        self._substitutes = {name: node.astext() for name, node in document.substitution_defs.items()}
        self.title = ""

    def blocks(self) -> Iterator[str]:
        for node in self._document.children:
            yield from self._block(node, 1)

    def _inner(self, node: Any, level: int) -> list[str]:
        return [block for child in node.children for block in self._block(child, level)]

    def _block(self, node: Any, level: int) -> Iterator[str]:
        kind = node.tagname
        if kind == "section":
            yield from self._section(node, level)
        elif kind in ("paragraph", "attribution", "caption", "subtitle", "rubric", "term", "line"):
            yield escaped(self._inline(node))
        elif kind in ("literal_block", "doctest_block", "math_block"):
            classes = [each for each in node.get("classes", ()) if each and each != "code"]
            yield fenced(node.astext(), classes[0] if classes else "")
        elif kind in ("bullet_list", "enumerated_list"):
            yield self._list(node, level)
        elif kind in ("definition_list_item", "option_list_item"):
            yield from self._inner(node, level)
        elif kind in ("field", "footnote", "citation"):
            yield self._named(node, level)
        elif kind == "option_group":
            yield f"`{node.astext()}`"
        elif kind == "table":
            yield from self._table(node)
        elif kind == "line_block":
            yield "\n".join(filter(None, (escaped(self._inline(line)) for line in node.children)))
        elif kind == "image":
            yield escaped(node.get("alt", ""))
        elif kind == "system_message":
            # What docutils could not make anything of comes along in the message, as it stands.
            yield from (fenced(child.astext()) for child in node.children if child.tagname == "literal_block")
        elif kind == "title":
            yield f"**{self._inline(node)}**"
        elif kind not in ("comment", "target", "substitution_definition", "raw", "pending", "transition"):
            yield from self._inner(node, level)

    def _section(self, node: Any, level: int) -> Iterator[str]:
        for child in node.children:
            if child.tagname == "title":
                words = self._inline(child)
                self.title = self.title or " ".join(words.replace("`", "").split())[:300]
                yield heading(level, words)
            else:
                yield from self._block(child, level + 1)

    def _list(self, node: Any, level: int) -> str:
        items = []
        start = node.get("start", 1)
        for number, item in enumerate(node.children, start if isinstance(start, int) else 1):
            marker = f"{number}. " if node.tagname == "enumerated_list" else "- "
            within = "\n\n".join(filter(None, self._inner(item, level)))
            items.append(marker + within.replace("\n", f"\n{' ' * len(marker)}"))
        return re.sub(r"[ ]+$", "", "\n".join(items), flags=re.MULTILINE)

    def _named(self, node: Any, level: int) -> str:
        """`:name: body`, or a footnote."""
        name, *rest = node.children if node.children else (None,)
        words = self._inline(name).strip() if name is not None else ""
        if words.lower() in _UNSEEN:
            return ""
        body = " ".join(block for child in rest for block in self._block(child, level))
        return f"[{words}] {body}" if node.tagname != "field" else escaped(f"{words}: {body}")

    def _table(self, node: Any) -> Iterator[str]:
        rows: list[list[str]] = []
        for part in node.findall(lambda each: getattr(each, "tagname", "") == "row"):
            cells: list[str] = []
            for entry in part.children:
                cells.append(" ".join(self._inline(each) for each in entry.children))
                cells += [""] * min(int(entry.get("morecols", 0)), 100)
            rows.append([" ".join(cell.split()) for cell in cells])
        yield from (escaped(self._inline(each)) for each in node.children if each.tagname == "title")
        yield from (block.text for block in table_blocks(rows))

    def _inline(self, node: Any) -> str:
        return "".join(self._pieces(node.children)) if hasattr(node, "children") else node.astext()

    def _pieces(self, children: Sequence[Any]) -> Iterator[str]:
        for node in children:
            kind = node.tagname
            if kind == "#text":
                yield node.astext()
            elif kind == "substitution_reference":
                yield self._substitutes.get(node.get("refname", ""), node.astext())
            elif kind in ("literal", "math"):
                words = node.astext()
                yield f"`{words}`" if words and "`" not in words else words
            elif kind == "strong":
                yield f"**{self._inline(node)}**"
            elif kind == "footnote_reference" or kind == "citation_reference":
                yield f"[{node.astext()}]"
            elif kind == "image":
                yield node.get("alt", "")
            elif kind not in ("raw", "system_message", "comment"):
                yield self._inline(node)
                if kind in ("paragraph", "term", "definition", "list_item", "line", "entry"):
                    yield " "
