"""Wires the parts of the node agent and serves them."""
