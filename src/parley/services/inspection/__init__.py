"""Inspection of a store: `log.py` of one log, `kept.py` what is read beside logs, `inspection.py` all of it."""
