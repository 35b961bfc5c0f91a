"""`python -m hosted_engine.domains`: which directories (LDAP) the engine takes users from, in the engine's VM."""
