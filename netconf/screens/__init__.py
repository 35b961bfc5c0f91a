"""Widgets of Textual with which an operator at a console sees and changes the network; each is usable alone."""
