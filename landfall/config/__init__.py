"""landfall.yaml and the app settings, validated into frozen objects."""
