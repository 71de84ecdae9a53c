"""`python -m docqa.cli` is the command docqa."""

from docqa.cli import main

main()
