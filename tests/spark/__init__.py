"""Tests of a Spark session, with Java: what it makes is what one machine makes."""
