"""`python -m ci.testing`, which is `./trivet test`."""

from ci.testing.cli import main

main()
