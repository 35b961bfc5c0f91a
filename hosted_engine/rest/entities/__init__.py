"""Entities of the domain in the API: what follows from their declarations."""
