"""Base classes that spider families share; none of them has a name, so Scrapy does not list them."""
