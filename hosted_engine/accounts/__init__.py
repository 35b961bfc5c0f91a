"""`python -m hosted_engine.accounts`: accounts, groups of the internal domain, and all sessions, in the engine's VM."""
