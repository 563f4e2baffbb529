"""Benchmarks: `python -m bench --help`.

Every scenario has a full and a small size; the small ones run with the tests so that nothing rots. Every
result carries a digest of the document it ended with, so that nobody speeds up a wrong answer.
"""
