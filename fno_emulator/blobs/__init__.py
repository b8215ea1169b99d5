"""The storage account F&O hands out SAS URLs to: `/fnostorage/<container>/<blob>`."""
