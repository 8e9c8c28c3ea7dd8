"""`python -m parley` is `parley`."""

from parley.cli.main import app

app()
