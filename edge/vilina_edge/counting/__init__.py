"""Who is who from frame to frame, and what that means for lines and areas. Pure: no picture, no clock, no network."""
