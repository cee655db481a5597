"""`python -m attunement`: the command line where the `attunement` script is not on the path."""

from attunement.cli import main

if __name__ == "__main__":
    main()
