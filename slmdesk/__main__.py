"""python -m slmdesk."""

import sys

from slmdesk.cli import main

sys.exit(main())
