"""Counts names that begin or end with a word that the glossary rules out, so that they only become fewer."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent

# What a name may not be, begin or end with, and what the field says instead. Only what a name alone decides:
# `view`, `lost`, `back` or `work` are right in one place and wrong in another, and are for a reader.
# Words with an underscore are ruled out together only.
RULED_OUT: dict[str, str] = {
    **dict.fromkeys(("wish", "wishes", "wished", "goal"), "desired"),
    **dict.fromkeys(("see", "sees", "seen", "saw", "told", "picture"), "observed"),
    **dict.fromkeys(("look", "looks", "looked", "look_at"), "observe()"),
    **dict.fromkeys(("way", "drawing"), "plan"),
    **dict.fromkeys(("carry_out", "carried_out", "make_true", "going"), "apply"),
    **dict.fromkeys(("take_back", "taken_back", "takes_back", "took_back", "went"), "roll_back()"),
    **dict.fromkeys(("go_back", "goes_back", "going_back", "gone_back", "went_back"), "roll_back()"),
    **dict.fromkeys(("keep", "keeps", "kept", "hold", "holds", "held"), "confirm (network), commit (store)"),
    **dict.fromkeys(("tend", "tends", "keeper", "errand", "make_hold"), "reconcile"),
    **dict.fromkeys(("says", "said"), "description"),
    **dict.fromkeys(("tell", "tells", "say", "teller"), "report, notify"),
    **dict.fromkeys(("news", "hearing", "hears", "heard"), "event, report, heartbeat"),
    **dict.fromkeys(("silent", "silence"), "non_responsive (a node), disconnected (a connection)"),
    "birth": "site_import",
    "means": "Dependencies",
    **dict.fromkeys(("settle", "settles", "settled"), "resolve"),
    "patience": "wait_until(), Poller, timeout_s",
    "words": "format_…",
    "eyes": "KernelReader",
    "ears": "NetlinkListener",
    "hands": "NetlinkExecutor",
    "insides": "link_info",
    "anew": "recreate",
    "deputy": "KernelRollback",
    "owed": "pending_resync",
    "usual": "default_…",
    "sticks": "needs_recreate",
    "retake": "reclaim_veth",
    "door": "EngineClient",
    "newcomer": "unclaimed",
    "deed": "Action",
    "todo": "PlannedStep",
    "surroundings": "NodePaths",
}
# Words of tools and protocols, and of Python, that happen to begin or end so.
ALLOWED = {
    "keep_alive",
    "keepalive",
    "lookup",
    "keep_trailing_newline",
    "held_up",
    "HeldUp",
    "PeerKept",
    "KeepAlive",
    "HELD",  # a lease of sanlock's, which sanlock(8) says is held by a host
    "LEASE_HELD",
    "LeaseHeld",
    "held_elsewhere",
}
_ASKING = ("is_", "has_", "why_not_", "find_")

_TOPS = ("netconf", "gluster", "node", "hosted_engine", "installer", "images", "ci", "tests")

LIMIT = 5  # such names in all; lowered with those that go, never raised


@dataclass(frozen=True, slots=True)
class Named:
    """A name where it is given."""

    path: Path
    line: int
    name: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name} ({self.instead})"


def parts_of(name: str) -> list[str]:
    """The words of a name in small letters, whether joined by underscores or by capitals."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def standard_word(name: str) -> str | None:
    """What the glossary has instead of the word that `name` begins or ends with; None when the name is right."""
    if name.strip("_") in ALLOWED or name.startswith("test_"):  # a test's name is a sentence
        return None
    parts = parts_of(name)
    ends = {"_".join(piece) for count in (1, 2) for piece in (parts[:count], parts[-count:])}
    return next((RULED_OUT[word] for word in sorted(ends) if word in RULED_OUT), None)


def names_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The names that a module gives, with the line of each.

    Classes, functions, parameters, attributes, constants and aliases of the module; not the variables of a function.
    """
    own = set(tree.body)
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
                if isinstance(node, ast.ClassDef):
                    own.update(node.body)
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Assign(targets=targets) if node in own:
                yield from ((node.lineno, target.id) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)) if node in own:
                yield node.lineno, name


def acting_questions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Functions named as a question that return nothing or write an attribute of their object, with their lines."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.lstrip("_").startswith(
            _ASKING
        ):
            continue
        answers_nothing = isinstance(node.returns, ast.Constant) and node.returns.value is None
        writes = any(_is_own_attribute(part) for part in ast.walk(node))
        if answers_nothing or writes:
            yield node.lineno, node.name


def _is_own_attribute(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store() | ast.Del()):
            return True
    return False


def ruled_out(path: Path, text: str) -> list[Named]:
    """The names of one file that are against the glossary, each once, in the order of their lines."""
    tree = ast.parse(text)
    found = {name: Named(path, line, name, "a question changes nothing") for line, name in acting_questions(tree)}
    for line, name in [(1, path.stem), *names_in(tree)]:
        if name not in found and (instead := standard_word(name)):
            found[name] = Named(path, line, name, instead)
    return sorted(found.values(), key=lambda one: one.line)


def package_of(path: Path) -> str:
    """The package that a file counts for: the folder at the top, of the engine's packages the one below it."""
    top, *below = path.parts
    return f"{top}/{below[0]}" if top in ("hosted_engine", "node") and len(below) > 1 else top


def over(counts: Counter[str], limit: int) -> str | None:
    """A sentence when all packages together have more such names than `limit`."""
    if counts.total() <= limit:
        return None
    return f"{counts.total()} names have a word that the glossary rules out, {limit} are allowed: see ci/words.py"


def _files(tops: Iterable[str]) -> Iterator[Path]:
    for top in tops:
        yield from sorted((ROOT / top).rglob("*.py"))


@click.command()
@click.argument("packages", nargs=-1)
def main(packages: tuple[str, ...]) -> None:
    """Print how many names of each package have a word that the glossary rules out, and each such name of PACKAGES.

    Ends with 1 when there are more of them than may be.
    """
    found = [one for file in _files(_TOPS) for one in ruled_out(file.relative_to(ROOT), file.read_text())]
    counts = Counter(package_of(one.path) for one in found)
    for one in found:
        if package_of(one.path) in packages:
            click.echo(str(one))
    click.echo(f"words: {', '.join(f'{package} {count}' for package, count in sorted(counts.items()))}")
    click.echo(f"words: {counts.total()} in all; python -m ci.words PACKAGE shows each")
    if mistake := over(counts, LIMIT):
        click.echo(mistake, err=True)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
