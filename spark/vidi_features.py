"""`vidi features` on an Apache Spark cluster: spark-submit vidi_features.py SOURCE --out DIR [options]; --help lists them.

Every machine needs the package vidi (python/), and must see SOURCE and DIR. docs/how-to/spark.md is the guide.
"""

import sys

from vidi.spark.job import main

if __name__ == "__main__":
    sys.exit(main())
