"""Carries a plan out under a checkpoint."""
