"""The command line `trivet` on a node and in the live image: one group, the commands come from their packages."""

from collections.abc import Mapping
from importlib.metadata import version as installed_version

import click

from gluster.command import make_group as gluster_commands
from hosted_engine.deploy.command import deploy
from hosted_engine.ha.command import ha
from installer.console.command import console
from installer.storage import observe_state
from netconf.command import net
from netconf.command.surroundings import Surroundings
from node.network.names import Names


def _site() -> Mapping[str, str]:
    return Names().get().names


@click.group(context_settings={"help_option_names": ["-h", "--help"], "obj": Surroundings(site=_site)})
@click.version_option(package_name="trivet")
def main() -> None:
    """Trivet: a virtualization cluster from plain servers."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(installed_version("trivet"))


main.add_command(console)
main.add_command(deploy)
main.add_command(ha)
main.add_command(net)
main.add_command(gluster_commands(observe_state))


if __name__ == "__main__":
    main(prog_name="trivet")
