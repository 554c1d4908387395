"""`python -m emotopy`: the command line."""

from emotopy.cli import main

if __name__ == "__main__":
    main()
