"""Rules of scripts/lint.py that need a file of their own. Each yields `FILE:LINE: what is wrong`."""
