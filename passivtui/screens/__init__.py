"""One module a screen; what a screen shows beside its own logic comes from the widgets and the services."""
