"""`python -m protfold`: the `protfold` command, as `torchrun -m` needs it."""

from protfold.cli.main import main

if __name__ == "__main__":
    main()
