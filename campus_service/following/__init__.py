"""Searches that people keep: what comes in later and fits is told to them."""
