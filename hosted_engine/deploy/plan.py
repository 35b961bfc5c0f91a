"""Decides, without IO, which steps bring the engine up from what was asked and what is there."""
