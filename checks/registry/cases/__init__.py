"""Conversations with a registry server, by theme. A case is a function that is given a `Talk`."""

import importlib

THEMES = "experiments runs metrics searching models versions logged artifacts paths routing graphql".split()


def all_cases():
    """Every case by its name, in order."""
    found = {}
    for theme in THEMES:
        for case in importlib.import_module(f"cases.{theme}").CASES:
            found[f"{theme}-{case.__name__.replace('_', '-')}"] = case
    return found
