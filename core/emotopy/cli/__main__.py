"""`python -m emotopy.cli`: the command line."""

from emotopy.cli import main

if __name__ == "__main__":
    main()
