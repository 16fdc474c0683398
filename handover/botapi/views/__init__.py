"""The views of the bot API. They translate; services decide."""
