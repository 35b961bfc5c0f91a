"""Proofs that a changed network still reaches whom it has to reach, asked over the new path before a change is kept."""
