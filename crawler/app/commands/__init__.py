"""What `cxscout` can do, a module for each group of commands; `crawler.app.cli` lists them.

A command parses, calls one function of `crawler.app`, prints. What that function needs is imported
when the command runs (Scrapy alone costs 0.6 s of CPU), so `--help` stays quick.
"""
