"""The commands `trivet install …`, wired to this machine."""

import click

from installer.attended_command import attended
from installer.check_command import make_check, make_sysinfo, schema
from installer.fetch_command import fetch_answers
from installer.machine import this_machine
from installer.network_first import run_here
from installer.probe.collect import collect
from installer.run_command import make_run


@click.group(invoke_without_command=True)
@click.pass_context
def install(context: click.Context) -> None:
    """Install Trivet on this machine, from the medium that it was started from.

    Without a command it asks on this terminal.
    """
    if context.invoked_subcommand is None:
        context.invoke(attended)


install.add_command(attended)
install.add_command(make_run(this_machine, run_here))
install.add_command(make_check(collect))
install.add_command(make_sysinfo(collect))
install.add_command(schema)
install.add_command(fetch_answers)
