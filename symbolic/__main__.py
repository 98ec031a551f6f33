"""`python -m symbolic` is the command `gradproof`."""

import sys

from .cli import main

sys.exit(main())
