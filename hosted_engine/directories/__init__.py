"""The way to directories: LDAP by ldap3, which nothing else here knows."""
