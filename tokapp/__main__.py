"""`python -m tokapp` is `tokapp`."""

from tokapp.cli import main

if __name__ == "__main__":
    main()
