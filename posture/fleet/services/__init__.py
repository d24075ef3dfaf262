"""Writes. Keyword-only verbs; each is one transaction or says that it wants to be called in one."""
