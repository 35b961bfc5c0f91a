"""The command line `trivet` on a node and in the live image: one group, the commands come from their packages."""

from importlib import import_module

import click

# Loaded when asked for: whoever waits for one command does not wait for what the others stand on.
_COMMANDS = {
    "console": "installer.console.command:console",
    "deploy": "hosted_engine.deploy.command:deploy",
    "gluster": "installer.node_groups:gluster",
    "ha": "hosted_engine.ha.command:ha",
    "join": "node.registration.command:join",
    "install": "installer.command:install",
    "net": "netconf.command:net",
    "node": "installer.node_groups:node",
}


class Commands(click.Group):
    """As click's documentation has it under "Lazily Loading Subcommands"."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trivet")
@click.pass_context
def main(context: click.Context) -> None:
    """Trivet: a virtualization cluster from plain servers."""
    if context.invoked_subcommand == "net" and context.obj is None:
        context.obj = _environment()


def _environment() -> object:
    """What the commands of the network work with; a site's names for its machines come from the agent's folder."""
    from netconf.command.environment import Environment
    from node.network.names import Names

    return Environment(site=lambda: Names().names().names)


@main.command()
def version() -> None:
    """Print the version; on an installed node that of its image."""
    from node.upgrade.running import running_version

    click.echo(running_version())


if __name__ == "__main__":
    main(prog_name="trivet")
