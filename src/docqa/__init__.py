"""docqa"""
