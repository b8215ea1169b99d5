"""What hosts on one state folder share: the SQLite file, and who works on what."""
