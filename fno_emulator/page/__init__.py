"""The emulator's web page, which shows what the data management workspace of F&O shows."""
