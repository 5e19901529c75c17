"""The `protfold` command: arguments -> typed options -> one call. Heavy imports happen inside the commands."""
