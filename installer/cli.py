"""The command line `trivet` on a node and in the live image: one group, the commands come from their packages."""

import click

from hosted_engine.deploy.command import deploy


@click.group()
@click.version_option(package_name="trivet")
def main() -> None:
    """Trivet: a virtualization cluster from plain servers."""


main.add_command(deploy)
