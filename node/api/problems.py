"""The two ways an operation can say no: Refused (nothing was changed) and Failed (something may have been)."""

from typing import ClassVar

import msgspec


class Problem(Exception):
    """Says what went wrong, why, and how to mend it; subclasses give the sentences, the raiser fills the blanks."""

    what: ClassVar[str] = "The operation did not succeed"
    why: ClassVar[str] = "no reason was given"
    mend: ClassVar[str] = "Look into the log of the service"
    status: ClassVar[int] = 500

    def __init__(self, **values: object) -> None:
        self.values = values
        self.text = ProblemText(
            code=type(self).__name__,
            what=self.what.format(**values),
            why=self.why.format(**values),
            mend=self.mend.format(**values),
            status=self.status,
            changed=not isinstance(self, Refused),
        )
        why = self.text.why.removesuffix(".")  # another problem's words may stand in it
        super().__init__(f"{self.text.what}: {why}. {self.text.mend}.")


class Refused(Problem):
    """Nothing was changed."""

    status = 409


class Failed(Problem):
    """Something may have been changed."""

    status = 500


class ProblemText(msgspec.Struct, frozen=True, kw_only=True):
    """A problem on the wire, body of every answer of a node above 399. `changed` is false when nothing was changed."""

    code: str
    what: str
    why: str
    mend: str
    status: int = 500
    changed: bool = True


class RemoteRefused(Refused):
    """A node refused; `text` is the node's own."""

    def __init__(self, text: ProblemText, node: str) -> None:
        super().__init__()
        self.text = text
        self.node = node
        self.args = (f"{node}: {text.what}: {text.why}. {text.mend}.",)


class RemoteFailed(Failed):
    """A node failed; `text` is the node's own."""

    def __init__(self, text: ProblemText, node: str) -> None:
        super().__init__()
        self.text = text
        self.node = node
        self.args = (f"{node}: {text.what}: {text.why}. {text.mend}.",)


class NodeNonResponsive(Failed):
    """Nobody knows whether the request was carried out: the state of what it was about is unknown, not down."""

    what = "Node {node} did not answer {request}"
    why = "{reason}"
    mend = "Check its power and its network; the request can be repeated safely"
    status = 503
