"""`trivet gluster …`: the storage of this machine's site on the command line."""

from collections.abc import Callable

import click

from gluster.report import EXIT_STATUS, format_json, format_text, make_report
from gluster.state import PoolState


def make_group(observe: Callable[[], PoolState]) -> click.Group:
    """The commands; `observe` looks at the pool as this server sees it, with what other servers say of themselves."""

    @click.group()
    def gluster() -> None:
        """The storage of this site: its servers, volumes and bricks. Needs root."""

    @gluster.command()
    @click.argument("volume", required=False, default="")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object: health, problems, state.")
    def status(volume: str, as_json: bool) -> None:
        """Say what is wrong with the storage and what to do, then what there is; of VOLUME alone where one is named.

        Looks through this server's own gluster and, for what only a server itself knows, asks the agents of the
        others; works without them, and without its own. The exit status is 0 when all is whole, 1 when it works with
        less redundancy or room than it should have, 2 when something is broken or cannot be known.
        """
        state = observe()
        if volume and state.answered and state.volume(volume) is None:
            names = ", ".join(one.name for one in state.volumes) or "none"
            click.echo(f"Error: There is no volume {volume}; the pool has: {names}", err=True)
            raise SystemExit(EXIT_STATUS_UNKNOWN)
        report = make_report(state, volume=volume)
        click.echo(format_json(report) if as_json else format_text(report, volume=volume))
        raise SystemExit(EXIT_STATUS[report.health])

    return gluster


EXIT_STATUS_UNKNOWN = 2
