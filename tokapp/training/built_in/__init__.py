"""training/built_in"""
