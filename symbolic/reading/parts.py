"""Scripts and arguments: what hangs on a base, and what a command takes."""

from __future__ import annotations

from .cursor import Cursor
from .tokens import ReadError, Token
from .tree import Fraction, Group, Marked, Node, Scripted


class Parts(Cursor):
    """The parser's rules for scripts and arguments; those for expressions are in `syntax`."""

    def items(self) -> Node:
        raise NotImplementedError

    def sum(self) -> Node:
        raise NotImplementedError

    def base(self) -> Node:
        raise NotImplementedError

    def group(self) -> Node:
        raise NotImplementedError

    def over(self) -> Node:
        """What stands in braces: an expression, or a fraction with \\over."""
        top = self.items()
        if not self.is_("command", "over"):
            return top
        self.take()
        bottom = self.items()
        return Fraction(top.start, bottom.end, top, bottom)

    def scripts(self, base: Node) -> Node:
        """Subscripts, superscripts and primes of a base that was just read."""
        subs: list[Node] = []
        sups: list[Node] = []
        primes = 0
        while self.is_("script") or self.is_("prime"):
            if self.is_("prime"):
                self.take()
                primes += 1
                continue
            mark = self.take()
            places = subs if mark.text == "_" else sups
            if places and mark.note != ".T":
                raise ReadError(f"two {mark.text} on one base; expected a group in braces", mark.start, mark.end)
            content = self.script("what is lowered" if mark.text == "_" else "what is raised")
            if isinstance(content, int):
                primes += content
            else:
                places.append(content)
        if not (subs or sups or primes):
            return base
        return Scripted(base.start, self.tokens[self.at - 1].end, base, tuple(subs), tuple(sups), primes)

    def argument(self, what: str) -> Node:
        """The content of the braced group, or the single token, that a command or a script takes."""
        token = self.here
        if token.kind == "open" and token.text == "{":
            group = self.group()
            assert isinstance(group, Group)
            return group.body
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            first = Token("number", token.text[0], token.start, token.start + 1)
            rest = Token("number", token.text[1:], token.start + 1, token.end)
            self.tokens[self.at : self.at + 1] = [first, rest]
        single = token.kind in ("letter", "number", "word", "font", "accent")
        if single or (token.kind == "command" and token.text in ("frac", "sqrt")):
            return self.nested(self.base)
        raise self.unexpected(what)

    def script(self, what: str) -> Node | int:
        """The content of a script, or a number of primes."""
        token = self.here
        if token.kind == "open" and token.text == "{":
            return self.script_group()
        if self.is_("command", "prime"):
            self.take()
            return 1
        behind = self.tokens[self.at + 1].kind if self.at + 1 < len(self.tokens) else ""
        if self.is_("op", "*", "∘", "+") or (self.is_("op", "-") and behind != "number"):
            return Marked(token.start, token.end, self.take().text, None)
        return self.argument(what)

    def script_group(self) -> Node | int:
        """A braced script; primes alone count as primes, a leading ∘ or * or a lone + marks it."""
        opening, ahead = self.take(), self.at
        while self.is_("command", "prime") or self.is_("prime"):
            self.take()
        if self.at > ahead and self.is_("close", "}"):
            count = self.at - ahead
            self.take()
            return count
        self.at = ahead
        node: Node
        after = self.tokens[self.at + 1 : self.at + 2]
        lone = self.is_("op", "+", "-") and after and after[0].kind == "close"
        if lone or self.is_("op", "∘", "*"):
            mark = self.take().text
            content = None if self.is_("close", "}") else self.nested(self.items)
            node = Marked(opening.start, self.here.end, mark, content)
        elif self.is_("relation", "<"):  # h^{<t>}
            self.take()
            node = Group(opening.start, self.here.end, "⟨", self.nested(self.sum))
            if not self.is_("relation", ">"):
                raise self.unexpected("> after the index")
            self.take()
        else:
            outer, self.slicing = self.slicing, True
            node = self.nested(self.over)
            self.slicing = outer
        if not self.is_("close", "}"):
            if self.at >= len(self.tokens):
                raise ReadError("{ is never closed", opening.start, opening.end)
            raise self.unexpected("} at the end of the script")
        self.take()
        return node
