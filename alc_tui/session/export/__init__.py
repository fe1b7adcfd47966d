"""Exports of the cleaned labels: one table, and one module for each format in which it is written."""
