"""Tests of the simulated 8x8 over real HTTP."""
