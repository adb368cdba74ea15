"""Builders of the generated categories, one file a family."""
