"""Keeps the engine VM alive: once at a time, on the best host, without the engine's help."""
