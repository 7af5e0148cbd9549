"""The version, alone in a module so that nothing else is imported to learn it."""

VERSION = "0.1.0"
