"""The roof: commands, runs and what drives the stages."""
