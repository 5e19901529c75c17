"""From backbones to a folder of designs: what the command line, the Python API and the workflows all call.

`tasks` collects what to design on, `stages` does one step of one backbone, `run` puts the stages in a row for many backbones and has
the function `design` for one in memory, `result` is what one backbone gives; `score` scores given sequences.
"""
