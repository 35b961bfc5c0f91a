"""Wires store, fleet and rest around the domain: the engine's process."""
