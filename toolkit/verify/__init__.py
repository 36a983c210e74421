"""Proof that a guest answers: a ladder of rungs, and the wait until its top is reached."""
