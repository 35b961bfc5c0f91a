"""The network of a host as it changes: what is known, what happened, in plain words."""
