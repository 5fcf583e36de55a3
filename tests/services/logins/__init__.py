"""Tests of proving logins."""
