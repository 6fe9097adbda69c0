"""`python -m crawler` is `cxscout`."""

from crawler.app.cli import main

if __name__ == "__main__":
    main()
