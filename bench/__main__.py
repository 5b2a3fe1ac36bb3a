"""``make bench``."""

from .bench_explorer import main

main()
