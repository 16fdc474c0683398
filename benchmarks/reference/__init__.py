"""What the product is held against: bare views and the pipeline that most would write.

A small Django project of its own. It shares no code with the product.
"""
