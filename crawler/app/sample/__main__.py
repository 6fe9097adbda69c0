"""`python -m crawler.app.sample`: serve the sample market until Ctrl-C."""

from crawler.app.sample.server import main

main()
