"""Tests of the room `metric`."""
