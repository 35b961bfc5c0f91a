"""See cli.py."""

from tests.conformance.examples.cli import main

main()
