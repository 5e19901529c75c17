"""From targets to a run folder: what the command line, the Python API and the workflows all call.

`targets` collects what to fold, `stages` does one step of one target and leaves it in a file named by its content, `store` knows
when a target is complete, `fold` puts the stages in a row for many targets, `result` is what one target gives. `design` is the same
for sequences on backbones.
"""
