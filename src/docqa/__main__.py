"""`python -m docqa` is the command docqa."""

from docqa.cli import main

main()
