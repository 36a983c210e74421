"""Autounattend.xml: one module and one template per concern, and the late passes that they share."""
