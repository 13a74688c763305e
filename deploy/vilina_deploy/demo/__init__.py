"""The whole of Vilina on one machine, with a simulated square."""
