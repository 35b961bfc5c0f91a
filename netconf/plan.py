"""From wish and observation to ordered changes."""
