"""`python -m derivations [NAME ...]` judges the built-in notes, all of them or the ones named."""

import sys

from symbolic.cli import built_in, main

sys.exit(main(["check", *(sys.argv[1:] or built_in())]))
