"""The steps of a recipe: one file each, with settings and a neutral setting at which nothing changes."""
