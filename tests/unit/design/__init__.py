"""Tests of protfold.design."""
