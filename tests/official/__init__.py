"""Tests of the room `official`."""
