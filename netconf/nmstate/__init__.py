"""Carries plans out through nmstate's own library, wherever that is installed."""
