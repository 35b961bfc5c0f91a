"""`trivet net …`: the network of this machine on the command line."""

import click

from netconf.command.changing import apply, confirm, rollback, start
from netconf.command.editing import edit
from netconf.command.pinning import pin
from netconf.command.showing import plan, show, why
from netconf.command.watch import watch


@click.group()
def net() -> None:
    """The network of this machine, in documents of nmstate's schema. Needs root."""


for command in (show, plan, apply, edit, confirm, rollback, pin, start, watch, why):
    net.add_command(command)
