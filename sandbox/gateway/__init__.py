"""The simulated HTTP API: Chat Gateway v1 and two calls of Contact Center v1."""
