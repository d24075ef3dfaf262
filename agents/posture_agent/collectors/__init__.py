"""One source of facts a module. A collector reads and reduces; it never judges."""
