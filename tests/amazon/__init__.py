"""Tests of the room `amazon`."""
