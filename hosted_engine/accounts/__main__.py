"""The commands are one group, whichever file they are in."""

from hosted_engine.accounts import groups, people, policy, services, sessions  # noqa: F401 - each adds its commands
from hosted_engine.accounts.command import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
