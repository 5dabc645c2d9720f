"""Wiring: settings to adapters to services. The only package that knows them all.

Above: `app` opens the services for the server, `cli` the knowledge base alone. Everything opened
here is closed when its context ends, in reverse order.
"""
