"""The backend of a Debian node: NetworkManager over D-Bus."""
