"""What an open tab shows: the page's log, changed by fragments as htmx and chat.js change it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

from chatsite.markdown_parser.html_output import BETWEEN, are_pieces

# Elements that HTML gives no content.
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass(slots=True, eq=False)
class Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)
    parent: "Node | None" = None

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def text(self) -> str:
        """What a reader sees, runs of white space as one space."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()
                if child.tag in {"p", "li", "div", "br"}:
                    yield " "

    def elements(self) -> "Iterator[Node]":
        """This one and all below it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.elements()

    def child(self, of_class: str) -> "Node":
        """The first child of this class."""
        nodes = (child for child in self.children if isinstance(child, Node))
        return next(node for node in nodes if of_class in node.attributes["class"].split())

    @property
    def last(self) -> "Node":
        """The last child that is an element."""
        return next(child for child in reversed(self.children) if isinstance(child, Node))

    def outline(self) -> list[object]:
        """What is comparable of it and of all below."""
        shown: list[object] = [self.tag, self.attributes]
        for child in self.children:
            if isinstance(child, Node):
                shown.append(child.outline())
            elif isinstance(shown[-1], str) and len(shown) > 2:
                shown[-1] += child
            else:
                shown.append(child)
        return shown

    def grow(self, frame: str) -> None:
        """As growing.js does with what an answer has more."""
        for piece in frame.split(BETWEEN) if frame else []:
            place = self
            for _ in range(ord(piece[0].lower()) - ord("a")):
                place = place.last
            html = piece[1:].lstrip("\b")
            for _ in range(len(piece) - 1 - len(html)):
                words = place.children.pop()
                assert isinstance(words, str)
                if len(words) > 1:
                    place.children.append(words[:-1])
            new = parsed(html).children
            if piece[0].isupper():
                place.last.replace_by(*new)
            else:
                for child in new:
                    place.append(child)

    def append(self, child: "Node | str") -> None:
        if isinstance(child, Node):
            child.parent = self
        self.children.append(child)

    def replace_by(self, *others: "Node | str") -> None:
        assert self.parent is not None
        at = next(i for i, child in enumerate(self.parent.children) if child is self)
        for other in others:
            if isinstance(other, Node):
                other.parent = self.parent
        self.parent.children[at : at + 1] = others
        self.parent = None


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.here.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self.here
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self.here = node.parent

    def handle_data(self, data: str) -> None:
        self.here.append(data)


def parsed(html: str) -> Node:
    """A nameless node around what the HTML holds."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.root


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as a reader sees it."""

    id: int
    role: str
    state: str
    client_id: str
    tier: str
    text: str

    @property
    def open(self) -> bool:
        return self.state in {"pending", "writing"}

    @classmethod
    def of(cls, node: Node) -> Self:
        article = next(each for each in node.elements() if each.tag == "article")
        said = [
            each.text
            for each in article.elements()
            if each.attributes.get("class", "").split(" ")[0]
            in {"message__body", "message__failure", "message__ending"}
        ]
        return cls(
            id=int(article.id.removeprefix("message-")),
            role=article.attributes["data-role"],
            state=article.attributes["data-state"],
            client_id=article.attributes.get("data-client-id", ""),
            tier=article.attributes.get("data-tier", ""),
            text=" ".join(part for part in said if part),
        )


# What fragments address in a page.
PARTS = (
    "earlier",
    "messages",
    "typing-person",
    "conversation-status",
    "place",
    "satisfaction",
    "address",
    "person",
    "notice",
)


class Page:
    """One tab's document. Fragments that found nothing to change are kept in `missed`."""

    def __init__(self, html: str) -> None:
        self.root = parsed(html)
        self.missed: list[str] = []
        self.conversation = next(
            each.attributes["data-chat"]
            for each in self.root.elements()
            if "data-chat" in each.attributes
        )
        self.csrf = next(
            (
                each.attributes["value"]
                for each in self.root.elements()
                if each.attributes.get("name") == "csrfmiddlewaretoken"
            ),
            "",
        )
        # Only these parts change; what is around them is not searched again and again.
        parts = [self._by_id(name) for name in PARTS]
        self.root = Node("")
        for part in parts:
            assert part is not None, f"the page lacks one of {PARTS}"
            self.root.append(part)

    @property
    def seen(self) -> str:
        """The revision that chat.js asks to be brought up to date from."""
        node = self._by_id("conversation-status")
        assert node is not None
        return node.attributes.get("data-seen") or node.attributes.get("value", "")

    @property
    def refused(self) -> tuple[str, str]:
        """The client id and the words of the last refusal."""
        node = self._by_id("notice")
        assert node is not None
        return node.attributes.get("data-client-id", ""), node.text

    def entries(self) -> list[Entry]:
        log = self._by_id("messages")
        assert log is not None
        return [Entry.of(node) for node in self._entries(log)]

    def node(self, name: str) -> Node:
        found = self._by_id(name)
        assert found is not None, name
        return found

    def words(self) -> str:
        """All that the log says, beside the messages too."""
        log = self._by_id("messages")
        assert log is not None
        return log.text

    def replace_log(self, html: str) -> None:
        """As chat.js does with a page it fetched where no socket gets through."""
        log, new = self._by_id("messages"), Page(html)._by_id("messages")
        assert log is not None
        assert new is not None
        log.replace_by(new)

    def apply(self, html: str) -> None:
        """Swap in the frame's top-level elements, each by its own `hx-swap-oob`."""
        if are_pieces(html):
            # growing.js: [data-state=writing] [data-growing]
            written = (
                element
                for each in self.root.elements()
                if each.attributes.get("data-state") == "writing"
                for element in each.elements()
                if "data-growing" in element.attributes
            )
            if body := next(written, None):
                body.grow(html)
            return
        for node in parsed(html).children:
            if isinstance(node, Node):
                self._swap(node)

    def _swap(self, node: Node) -> None:
        how = node.attributes.pop("hx-swap-oob", "true")
        style, _, selector = how.partition(":")
        target = self._by_id(selector.removeprefix("#") or node.id)
        if target is None:
            self.missed.append(f"{how} #{selector.removeprefix('#') or node.id}")
        elif style == "delete":
            target.replace_by()
        elif style == "beforeend":
            for child in list(node.children):
                # chat.js: appending an entry that is already here replaces it.
                old = self._by_id(child.id) if isinstance(child, Node) and child.id else None
                if old is not None and target.id == "messages":
                    old.replace_by(child)
                else:
                    target.append(child)
        else:
            assert style == "true", how
            for new in list(node.elements()):
                # htmx: what is to be preserved stays the element that is there.
                if "hx-preserve" in new.attributes and (old := self._by_id(new.id)):
                    new.replace_by(old)
            target.replace_by(node)

    def _by_id(self, name: str) -> Node | None:
        return next((node for node in self.root.elements() if node.id == name), None)

    @staticmethod
    def _entries(log: Node) -> list[Node]:
        return [child for child in log.children if isinstance(child, Node)]
