"""Estimators: what is learned from customers and what it foretells."""
