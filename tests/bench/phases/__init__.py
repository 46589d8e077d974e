"""What is measured of a contender, a file each kind of load."""
