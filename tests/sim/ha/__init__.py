"""The engine's keeper over a simulated cluster."""
