"""The commands `trivet install …`, wired to this machine."""

import click

from installer.check_command import make_check, make_sysinfo, schema
from installer.fetch_command import fetch_answers
from installer.probe.collect import collect
from installer.run import Machine
from installer.run_command import make_run
from installer.steps.live import Live
from node.system.clock import SystemClock
from node.system.process import run


@click.group()
def install() -> None:
    """Install Trivet on this machine, from the medium that it was started from."""


install.add_command(make_run(lambda: Machine(Live(), run, SystemClock(), collect)))
install.add_command(make_check(collect))
install.add_command(make_sysinfo(collect))
install.add_command(schema)
install.add_command(fetch_answers)
