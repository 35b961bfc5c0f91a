"""Peers, bricks and volumes as they are or as they should be."""
