"""The whole cluster in one process on a virtual clock, with the real decisions, scores and whiteboard. Pure."""
