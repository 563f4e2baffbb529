"""Joins: many clients open one document at once, while somebody in another document looks on."""
