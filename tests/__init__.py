"""Tests of vtrkit."""
