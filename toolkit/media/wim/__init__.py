"""WIM, ESD and SWM files as far as the list of their images goes: the header and the XML, never the data."""
