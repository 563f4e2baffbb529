"""`python -m crdt_server` is `crdt-server`."""

from crdt_server.cli import main

if __name__ == "__main__":
    main()
