"""`python -m tests.conformance.examples`: runs examples, prints what became of them."""

import sys
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

import click

from tests.conformance.examples import namespace, sources
from tests.conformance.examples.case import Outcome, Verdict
from tests.conformance.examples.report import markdown, table

if TYPE_CHECKING:
    from tests.conformance.examples.local import LocalSite

EXPECTED = Path(__file__).parent / "expected.toml"
KINDS = ("sdk", "ansible")
T = TypeVar("T")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--kind", type=click.Choice(KINDS), help="Only the SDK's scripts, or only Ansible's tasks.")
@click.option("--expected", "only_expected", is_flag=True, help="Only those that have to be true.")
@click.option("--jobs", default=8, help="How many run at the same time; most of them sleep.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The table as it stands in the README.")
@click.option("--names", "only_names", is_flag=True, help="Print the names of those that are true, for expected.toml.")
@click.option("-v", "--verbose", is_flag=True, help="Show also what those printed that are not true.")
@click.argument("names", nargs=-1)
def main(
    kind: str | None,
    only_expected: bool,
    jobs: int,
    as_markdown: bool,
    only_names: bool,
    verbose: bool,
    names: tuple[str, ...],
) -> None:
    """Run the SDK's example scripts and Ansible's documented tasks against an engine in this process, and judge each
    outside the API; all, or NAMES (list_vms, ovirt_tag/0, ovirt_tag).

    Ends with 1 when one that has to be true is not.
    """
    examples, collections = sources.sdk_examples(), sources.ansible_collections()  # there is no network inside
    namespace.enter_private()
    failed = False
    for one in (kind,) if kind else KINDS:
        due = expected(one)
        wanted = names or (due if only_expected else ())
        outcomes = run_sdk(examples, wanted, jobs) if one == "sdk" else run_ansible(collections, wanted, jobs)
        if outcomes:
            click.echo(_shown(outcomes, as_markdown=as_markdown, only_names=only_names))
        if verbose:
            _print_logs(outcomes)
        failed = failed or any(o.name in due and o.verdict is not Verdict.TRUE for o in outcomes)
    sys.exit(1 if failed else 0)


def expected(kind: str) -> tuple[str, ...]:
    """Names that have to be true."""
    return tuple(tomllib.loads(EXPECTED.read_text())[kind]["true"])


def _shown(outcomes: Sequence[Outcome], *, as_markdown: bool, only_names: bool) -> str:
    if only_names:
        return "\n".join(f'  "{one.name}",' for one in outcomes if one.verdict is Verdict.TRUE)
    return markdown(outcomes) if as_markdown else table(outcomes)


def _print_logs(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.verdict is not Verdict.TRUE:
            click.echo(f"\n== {outcome.name}: {outcome.reason}\n{outcome.log}")


def run_sdk(examples: Path, names: Sequence[str], jobs: int) -> list[Outcome]:
    from tests.conformance.examples.run import run_case  # loads the engine
    from tests.conformance.examples.sdk import CASES, VARIANTS

    cases = [case for name, case in sorted((CASES | VARIANTS).items()) if name in (names or CASES)]
    return _on_sites(cases, jobs, lambda case, site: run_case(case, site, examples))


def run_ansible(collections: Path, names: Sequence[str], jobs: int) -> list[Outcome]:
    from tests.conformance.examples.ansible.documented import Documented, documented_tasks
    from tests.conformance.examples.ansible.run import Modules, run_task
    from tests.conformance.examples.ansible.task import Task
    from tests.conformance.examples.ansible.tasks import TASKS

    documented = documented_tasks(collections)
    chosen = [one for name, one in documented.items() if not names or name in names or name.split("/")[0] in names]
    modules: dict[str, Modules] = {}

    def run(one: Documented, site: "LocalSite") -> Outcome:
        if site.address not in modules:
            modules[site.address] = Modules(site, collections)
        return run_task(TASKS.get(one.name, Task(one.name)), one, site, modules[site.address])

    try:
        return _on_sites(chosen, min(jobs, 4), run)
    finally:
        for process in modules.values():
            process.stop()


def _on_sites(cases: Sequence[T], jobs: int, run: Callable[[T, "LocalSite"], Outcome]) -> list[Outcome]:
    """Each on a site that no other uses meanwhile."""
    from tests.conformance.examples.local import local_sites

    if not cases:
        return []
    free: SimpleQueue[LocalSite] = SimpleQueue()

    def run_on_free(case: T) -> Outcome:
        site = free.get()
        try:
            return run(case, site)
        finally:
            free.put(site)

    count = min(jobs, len(cases))
    with local_sites(count) as sites, ThreadPoolExecutor(count) as pool:
        for site in sites:
            free.put(site)
        return list(pool.map(run_on_free, cases))
