"""What spider families share; a base without a name is invisible to Scrapy."""
