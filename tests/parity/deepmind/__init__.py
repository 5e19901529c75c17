"""DeepMind's AlphaFold 2 code, run on made-up inputs. `make_reference.py` is the command."""
