"""The storage account behind the SAS URLs that F&O hands out: `/fnostorage/<container>/<blob>`."""
