"""Pages for the technician, on the device itself, for as long as the work takes."""
