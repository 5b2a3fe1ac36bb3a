"""``make bench``."""

from . import bench_explorer, bench_models

bench_explorer.main()
bench_models.main()
