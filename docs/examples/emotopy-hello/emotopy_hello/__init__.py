"""All eleven roles of emotopy, one small file each. Importing this package does nothing."""
