"""`python -m node.api` prints the documentation of all operations of a node."""

import click

from node.api.documentation import page

if __name__ == "__main__":
    click.echo(page())
