"""The installer's pages: each asks for one part of the answers, and decides nothing."""
