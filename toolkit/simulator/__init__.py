"""A Windows guest as far as WinRM, services, firewall, registry and first logon are concerned."""
