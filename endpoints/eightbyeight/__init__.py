"""8x8 Contact Center Chat Gateway v1 as a library: no Django, no settings."""
