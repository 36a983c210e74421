"""The ways into a guest, behind one Protocol."""
