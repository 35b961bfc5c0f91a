"""From a desired state and what is observed to ordered changes; pure."""
