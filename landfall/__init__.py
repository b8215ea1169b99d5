"""The library that orchestrations' activities and the HTTP API share; it knows F&O and storage, not Functions."""
