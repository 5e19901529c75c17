"""Measures of structures and of confidence. Å; lDDT and TM-score 0-1, pLDDT 0-100."""
