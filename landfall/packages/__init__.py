"""F&O's data packages: a flat zip with Manifest.xml, PackageHeader.xml and a data file per entity."""
