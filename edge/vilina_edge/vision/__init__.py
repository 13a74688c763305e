"""From a camera or a recording to people in a frame."""
