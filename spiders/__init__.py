"""Spiders: where search results, sites and chat widgets come from."""
