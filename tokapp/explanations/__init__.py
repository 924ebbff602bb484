"""explanations"""
